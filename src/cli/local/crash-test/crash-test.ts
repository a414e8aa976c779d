// `batchyard test`: runs a job once undisturbed, then kills its server behind each checkpoint and holds what comes of it
// against the first run. Without it an author learns in production what his job does when a machine dies.
import { lstat, mkdir, mkdtemp, realpath, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { pino } from 'pino'
import { startEmbeddedPostgres } from '../../../store/embedded/embedded-postgres.ts'
import { openScratchDatabases } from '../../../store/crash-test/scratch-databases.ts'
import { CliError } from '../../cli-error.ts'
import type { CrashTestOptions } from './crash-test-options.ts'
import { killPoints } from './kill-points.ts'
import { type Run, runJob } from './one-run.ts'
import { type Difference, differences } from './run-outcome.ts'

/** Lines of differences that are shown of one run. */
const SHOWN = 20

/**
 * Prints a line for each run and a summary. True when every run came to the same as the undisturbed one, which must not be
 * FAILED. What it made, it removes: databases, folders, and the outputs, none of which may exist when it begins.
 */
export async function crashTest(
  options: CrashTestOptions,
  interrupted: AbortSignal,
  print: (line: string) => void
): Promise<boolean> {
  for (const output of options.outputs)
    if ((await lstat(output).catch(() => null)) !== null)
      throw new CliError(
        1,
        `--output ${output} exists already. Outputs are removed before each run, so move it away first.`
      )
  const scratch = await realpath(await mkdtemp(path.join(tmpdir(), 'batchyard-crash-test-')))
  const releases: (() => Promise<void>)[] = []
  try {
    const databases = await openScratchDatabases(await postgresUrl(options, scratch, releases))
    releases.push(() => databases.dropAll())
    let runs = 0
    return await test(options, print, async killAfter => {
      interrupted.throwIfAborted()
      const folder = path.join(scratch, `run-${++runs}`)
      await mkdir(folder)
      return await runJob(options, { folder, databaseUrl: await databases.create() }, killAfter, interrupted)
    })
  } finally {
    for (const release of releases.toReversed()) await release()
    for (const output of options.outputs) await rm(output, { recursive: true, force: true })
    if (options.keep) print(`Job logs, server logs and outputs of the runs: ${scratch}`)
    else await rm(scratch, { recursive: true, force: true, maxRetries: 5 })
  }
}

async function postgresUrl(
  options: CrashTestOptions,
  scratch: string,
  releases: (() => Promise<void>)[]
): Promise<string> {
  if (options.databaseUrl !== null) return options.databaseUrl
  // It lives as long as this command; killed are servers, never their database.
  const postgres = await startEmbeddedPostgres({
    dataDir: path.join(scratch, 'database'),
    log: pino({ level: 'silent' }),
    fsync: false
  })
  releases.push(() => postgres.stop())
  return postgres.url
}

async function test(
  options: CrashTestOptions,
  print: (line: string) => void,
  run: (killAfter: number | null) => Promise<Run>
): Promise<boolean> {
  const timed = async (killAfter: number | null) => {
    const begin = performance.now()
    const done = await run(killAfter)
    return { ...done, seconds: `${((performance.now() - begin) / 1000).toFixed(1)} s` }
  }
  const undisturbed = await timed(null)
  const { checkpoints } = undisturbed
  print(
    `undisturbed: ${undisturbed.batchStatus}, ${counted(checkpoints, 'checkpoint')}, ${undisturbed.seconds}`
  )
  if (undisturbed.batchStatus === 'FAILED') {
    for (const line of undisturbed.reasons) print(`    ${line}`)
    print('The job fails without being killed: there is nothing to hold other runs against.')
    return false
  }
  if (!options.killAtEveryCheckpoint) {
    for (const [label, text] of undisturbed.outcome) print(`    ${label}: ${text}`)
    return true
  }
  if (checkpoints === 0) {
    print('The job has no checkpoint to be killed at: none of its steps is a chunk step.')
    return true
  }
  const points = killPoints(checkpoints, options.maxKills, options.seed)
  let same = 0
  for (const point of points) {
    const done = await timed(point)
    const found = differences(undisturbed.outcome, done.outcome)
    if (found.length === 0) same++
    const where = point === 0 ? 'before the first checkpoint' : `after checkpoint ${point} of ${checkpoints}`
    const how = done.killed ? 'killed' : 'not killed (the job came to its end first)'
    print(
      `${how} ${where}: ${found.length === 0 ? 'same' : 'DIFFERENT'}, ${done.batchStatus}, ${done.seconds}`
    )
    for (const difference of found.slice(0, SHOWN)) print(`    ${told(difference)}`)
    if (found.length > SHOWN) print(`    and ${found.length - SHOWN} more`)
  }
  const chosen = points.length <= checkpoints ? `, chosen with --seed ${options.seed}` : ''
  print(`${counted(points.length, 'kill')}${chosen}: ${same} the same, ${points.length - same} different`)
  return same === points.length
}

function counted(count: number, what: string): string {
  return `${count} ${what}${count === 1 ? '' : 's'}`
}

function told({ label, undisturbed, found }: Difference): string {
  return `${label}: ${found ?? 'not there'}; undisturbed: ${undisturbed ?? 'not there'}`
}
