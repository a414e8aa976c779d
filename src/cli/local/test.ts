// `batchyard test`: the options of the crash test, read and checked.
import { constants } from 'node:os'
import path from 'node:path'
import { Command, InvalidArgumentError, Option } from 'commander'
import { CliError, EXIT } from '../cli-error.ts'
import { locally } from './locally.ts'

interface TestFlags {
  readonly killAtEveryCheckpoint: boolean
  readonly parameter: readonly string[]
  readonly output: readonly string[]
  readonly compareSql: readonly string[]
  readonly prepare?: string
  readonly recovery: 'fail' | 'resume'
  readonly maxKills?: number
  readonly seed?: number
  readonly metrics: boolean
  readonly timeoutSeconds: number
  readonly keep: boolean
}

const LARGEST_SEED = 2 ** 32

export function testCommand(): Command {
  return new Command('test')
    .description(
      'run a job on scratch databases, kill its server at checkpoints, and compare what comes of it'
    )
    .argument('<app>', 'folder of an application, or the name of one in BATCH_APPS_DIR')
    .argument('<job>', 'job XML name')
    .option('--kill-at-every-checkpoint', 'run it again for each checkpoint, killed behind it', false)
    .option(
      '--parameter <name=value>',
      'a job parameter; {output} stands for a folder that is compared',
      gather,
      []
    )
    .option(
      '--output <path>',
      'a file or folder the job writes: compared, and removed before each run',
      gather,
      []
    )
    .option('--compare-sql <query>', 'compare the rows of this query on the scratch database', gather, [])
    .option(
      '--prepare <command>',
      'shell command before each run; BATCH_DATABASE_URL is the scratch database'
    )
    .addOption(
      new Option('--recovery <policy>', 'what becomes of the killed job: fail (it is restarted) or resume')
        .choices(['fail', 'resume'])
        .default('fail')
    )
    .option('--max-kills <n>', 'kill at n checkpoints at most, chosen at random', wholeNumber)
    .option('--seed <n>', 'choose the same ones again', wholeNumber)
    .option('--no-metrics', 'do not compare counts (for a mapper that overrides its partitions)')
    .option('--timeout-seconds <n>', 'longest time of one run', wholeNumber, 600)
    .option('--keep', 'leave job logs, server logs and outputs of the runs', false)
    .action((application: string, job: string, flags: TestFlags) =>
      locally(() => test(application, job, flags))
    )
}

async function test(application: string, jobXMLName: string, flags: TestFlags): Promise<void> {
  const { readConfig } = await import('../../config/config.ts')
  const { crashTest } = await import('./crash-test/crash-test.ts')
  const config = readConfig()
  const place = placeOf(application, config.BATCH_APPS_DIR)
  const interrupted = new AbortController()
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const)
    process.once(signal, () => {
      // The exit code of a shell for a command that a signal ended.
      interrupted.abort(new CliError(128 + constants.signals[signal], `interrupted by ${signal}`))
    })
  const same = await crashTest(
    {
      ...place,
      jobXMLName,
      jobParameters: parametersOf(flags.parameter),
      killAtEveryCheckpoint: flags.killAtEveryCheckpoint,
      outputs: flags.output.map(output => path.resolve(output)),
      compareSql: flags.compareSql,
      prepare: flags.prepare ?? null,
      recovery: flags.recovery,
      maxKills: flags.maxKills ?? Infinity,
      seed: flags.seed ?? Math.floor(Math.random() * LARGEST_SEED),
      metrics: flags.metrics,
      timeoutSeconds: flags.timeoutSeconds,
      keep: flags.keep,
      databaseUrl: config.BATCH_DATABASE_URL
    },
    interrupted.signal,
    line => console.log(line)
  )
  process.exitCode = same ? EXIT.done : 1
}

/** A path has a slash; a name has none. */
function placeOf(application: string, appsDir: string): { appsDir: string; application: string } {
  if (!application.includes('/') && !application.includes(path.sep) && !/^\.{1,2}$/.test(application))
    return { appsDir, application }
  const folder = path.resolve(application)
  return { appsDir: path.dirname(folder), application: path.basename(folder) }
}

function parametersOf(pairs: readonly string[]): Record<string, string> {
  return Object.fromEntries(
    pairs.map(pair => {
      const at = pair.indexOf('=')
      if (at < 1) throw new CliError(EXIT.badValue, `--parameter ${pair}: name=value is expected.`)
      return [pair.slice(0, at), pair.slice(at + 1)]
    })
  )
}

function gather(value: string, before: readonly string[]): readonly string[] {
  return [...before, value]
}

function wholeNumber(text: string): number {
  if (!/^\d{1,10}$/.test(text) || Number(text) >= LARGEST_SEED)
    throw new InvalidArgumentError('A whole number is expected.')
  return Number(text)
}
