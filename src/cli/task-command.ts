// Makes a command of a task: options as a table, control files, password, servers, and one place where errors become exit codes.
import { Command, Help, Option } from 'commander'
import { systemClock } from '../service/clock.ts'
import { BatchRest } from './batch-rest.ts'
import { CliError, EXIT } from './cli-error.ts'
import { readControlFiles } from './control-file.ts'
import { COMMON_OPTIONS, type OptionSpec } from './option-table.ts'
import { checkFlags, OptionValues, type OptionLayer } from './option-values.ts'
import { credentialsOf } from './password.ts'
import { Report } from './report.ts'
import { RestClient } from './rest-client.ts'
import { ServerRefusal } from './server-refusal.ts'
import type { Task } from './session.ts'
import { DEFAULT_TARGET, targetsOf } from './targets.ts'

const TIMEOUT_S = 30

/** What is left of a process that writes to a pipe nobody reads any more (128 + SIGPIPE). */
const BROKEN_PIPE = 141

/** Sets `process.exitCode`; what commander refuses is its caller's. */
export function taskCommand(task: Task): Command {
  const specs = [...COMMON_OPTIONS, ...task.options].filter(
    // A task's own meaning of an option outweighs the common one.
    (spec, at, all) => all.findLastIndex(other => other.name === spec.name) === at
  )
  const command = new TaskCommand(task.name, specs)
    .summary(task.summary)
    .description(task.summary)
    .action(async (layer: OptionLayer) => {
      process.exitCode = await runTask(task, specs, layer)
    })
  for (const spec of specs) command.addOption(optionOf(spec))
  return command
}

async function runTask(task: Task, specs: readonly OptionSpec[], commandLine: OptionLayer): Promise<number> {
  let report = new Report({ json: commandLine['json'] !== undefined, clock: systemClock })
  process.stdout.on('error', (error: NodeJS.ErrnoException) => {
    if (error.code === 'EPIPE') process.exit(BROKEN_PIPE)
    throw error
  })
  let client: RestClient | null = null
  try {
    const options = await optionsOf(specs, commandLine, report)
    if (options.flag('json') && !report.json) report = new Report({ json: true, clock: systemClock })
    const missing = task.missing(options)
    if (missing !== null) throw new CliError(EXIT.missing, missing)
    const refused = task.refused?.(options) ?? null
    if (refused !== null) throw new CliError(EXIT.badValue, refused)
    client = await clientOf(options, report)
    if (options.flag('verbose')) reportOptions(options, report)
    return await task.run({ options, batch: new BatchRest(client), report })
  } catch (error) {
    return reportError(error, report)
  } finally {
    report.end()
    await client?.close()
  }
}

async function optionsOf(
  specs: readonly OptionSpec[],
  commandLine: OptionLayer,
  report: Report
): Promise<OptionValues> {
  const files = commandLine['controlPropertiesFile']
  const warn = (sentence: string) => report.message('CWWKY0120W', sentence)
  const layers =
    typeof files === 'string' ? [await readControlFiles(files, specs, warn), commandLine] : [commandLine]
  for (const layer of layers) checkFlags(specs, layer)
  return new OptionValues(layers)
}

async function clientOf(options: OptionValues, report: Report): Promise<RestClient> {
  const targets = targetsOf(options.text('batchManager') ?? DEFAULT_TARGET)
  const timeoutSeconds = options.number('httpTimeout_s', { min: 1, max: 86_400, whole: true }) ?? TIMEOUT_S
  const authorization = await credentialsOf(options)
  const open = targets.find(({ protocol, hostname }) => protocol === 'http:' && !isLoopback(hostname))
  if (authorization !== null && open !== undefined)
    report.warning(`The password goes unencrypted to ${open.host}.`)
  return new RestClient({
    targets,
    authorization,
    timeoutSeconds,
    trustAnyCertificate: options.flag('trustSslCertificates'),
    failedOver: (lost, next) => report.message('CWWKY0112I', `Going on with ${next.host}. ${lost.message}`)
  })
}

function isLoopback(hostname: string): boolean {
  return hostname === 'localhost' || hostname === '[::1]' || /^127(\.\d+){3}$/.test(hostname)
}

function reportOptions(options: OptionValues, report: Report): void {
  const given: Record<string, unknown> = Object.assign({}, ...options.layers)
  if (given['password'] !== undefined) given['password'] = 'XXXX'
  report.message('CWWKY0119I', `Options: ${JSON.stringify(given)}`)
}

function reportError(error: unknown, report: Report): number {
  if (!(error instanceof CliError)) {
    report.error(error instanceof Error ? (error.stack ?? error.message) : String(error), false)
    report.add('error', { exitCode: EXIT.failed, message: String(error) })
    return EXIT.failed
  }
  const { exitCode, message, details } = error
  report.error(message, error instanceof ServerRefusal && error.isNoSuchInstance)
  report.add('error', { exitCode, message, ...details })
  return exitCode
}

/** `[…]` for flags too: `--wait=true` is then seen, and judged by checkFlags. */
function optionOf({ name, form, value = 'value', repeatable, help }: OptionSpec): Option {
  const option = new Option(`${name} ${form === 'value' ? `<${value}>` : `[${value}]`}`, help)
  if (repeatable)
    option.argParser((one: string, before: readonly string[] | undefined) => [...(before ?? []), one])
  return option
}

/** Its usage text has options as they are written in scripts: `--name=<value>`, and flags without one. */
class TaskCommand extends Command {
  readonly #specs: readonly OptionSpec[]

  constructor(name: string, specs: readonly OptionSpec[]) {
    super(name)
    this.#specs = specs
  }

  override createHelp(): Help {
    return Object.assign(new Help(), this.configureHelp(), {
      optionTerm: (option: Option) => termOf(option, this.#specs)
    })
  }
}

function termOf(option: Option, specs: readonly OptionSpec[]): string {
  const spec = specs.find(({ name }) => name === option.long)
  if (spec === undefined) return option.flags
  const { name, form, value } = spec
  return form === 'flag' ? name : form === 'value' ? `${name}=<${value}>` : `${name}[=<${value}>]`
}
