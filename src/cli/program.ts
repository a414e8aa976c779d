// All commands of `batchyard` in one place, and one way in which a mistyped command line ends.
import { readFileSync } from 'node:fs'
import { Command, CommanderError } from 'commander'
import { CliError, EXIT } from './cli-error.ts'
import { clientCommands } from './client-commands.ts'
import { auditCommand } from './local/audit.ts'
import { initCommand } from './local/init.ts'
import { migrateCommand } from './local/migrate.ts'
import { serveCommand } from './local/serve.ts'
import { testCommand } from './local/test.ts'
import { userCommand } from './local/user.ts'

/** Above both src/cli and dist/cli. */
const PACKAGE = new URL('../../package.json', import.meta.url)

/** Runs what the arguments (without node and the script) say; the outcome is in `process.exitCode`. Never rejects. */
export async function runProgram(args: readonly string[]): Promise<void> {
  try {
    await createProgram().parseAsync(args, { from: 'user' })
  } catch (error) {
    process.exitCode = exitCodeOf(error)
    // What commander found wrong it has said already.
    if (error instanceof CommanderError) return
    process.stderr.write(`${error instanceof CliError ? error.message : (error as Error).stack}\n`)
  }
}

export function createProgram(): Command {
  const { version } = JSON.parse(readFileSync(PACKAGE, 'utf8')) as { version: string }
  const program = new Command('batchyard')
    .description('A batch server: jobs of JSR-352 (Jakarta Batch) behind the batch REST API of IBM Liberty.')
    .version(version, '-V, --version', 'print the version')
    .helpOption('-h, --help', 'show this, or the help of one command')
    .showHelpAfterError('(batchyard <command> --help shows what there is)')
    .exitOverride()
  program.commandsGroup('Commands that talk to a server:')
  for (const command of clientCommands()) program.addCommand(command)
  program.commandsGroup('Commands on this machine:')
  for (const command of [
    serveCommand(),
    migrateCommand(),
    initCommand(),
    testCommand(),
    userCommand(),
    auditCommand()
  ])
    program.addCommand(command)
  inherit(program)
  return program
}

/** Commands that are added, not made by their parent, have its settings only when told. */
function inherit(parent: Command): void {
  for (const command of parent.commands) {
    command.copyInheritedSettings(parent)
    inherit(command)
  }
}

const EXIT_CODES: Readonly<Record<string, number>> = {
  'commander.missingArgument': EXIT.missing,
  'commander.missingMandatoryOptionValue': EXIT.missing,
  'commander.optionMissingArgument': EXIT.missing,
  // No command at all: help was shown.
  'commander.help': EXIT.missing,
  'commander.unknownOption': EXIT.unknownOption,
  'commander.unknownCommand': EXIT.unknownOption,
  'commander.excessArguments': EXIT.unknownOption,
  'commander.invalidArgument': EXIT.badValue,
  'commander.conflictingOption': EXIT.badValue
}

function exitCodeOf(error: unknown): number {
  if (error instanceof CliError) return error.exitCode
  if (!(error instanceof CommanderError)) return EXIT.failed
  return error.exitCode === 0 ? EXIT.done : (EXIT_CODES[error.code] ?? EXIT.failed)
}
