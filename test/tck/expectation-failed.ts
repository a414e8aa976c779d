// The two ways a case ends before its last step.

/** The server did otherwise than the case says. */
export class ExpectationFailed extends Error {
  readonly what: string
  readonly expected: unknown
  readonly seen: unknown

  constructor(what: string, expected: unknown, seen: unknown) {
    super(`${what}: expected ${shown(expected)}, seen ${shown(seen)}`)
    this.what = what
    this.expected = expected
    this.seen = seen
  }
}

/** The case cannot be run here; the message says what is missing. */
export class Skipped extends Error {}

export function shown(value: unknown): string {
  return value === undefined ? 'nothing' : JSON.stringify(value)
}
