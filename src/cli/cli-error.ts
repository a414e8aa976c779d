// How a command ends when it cannot do what it was told: the exit codes that scripts of Liberty's batchManager test for.

/** Of a task; 30 to 36 and the numbers of exit statuses are in exit-code.ts. */
export const EXIT = {
  done: 0,
  /** A needed option was not given. */
  missing: 20,
  unknownOption: 21,
  badValue: 22,
  noSuchInstance: 23,
  failed: 255
} as const

/** A sentence for the one who typed the command, and the code his script sees. */
export class CliError extends Error {
  readonly exitCode: number
  /** For `--json`, beside message and exit code. */
  readonly details: Readonly<Record<string, unknown>>

  constructor(
    exitCode: number,
    message: string,
    options: ErrorOptions & { details?: Readonly<Record<string, unknown>> } = {}
  ) {
    super(message, options)
    this.name = 'CliError'
    this.exitCode = exitCode
    this.details = options.details ?? {}
  }
}
