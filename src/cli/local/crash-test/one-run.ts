// One run of the job on a database and in folders of its own: undisturbed, or killed behind a checkpoint and brought to its end.
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdir, rm } from 'node:fs/promises'
import path from 'node:path'
import { serverEnvironment } from '../../../config/server-environment.ts'
import { type CheckpointTrap, openTrap } from '../../../store/crash-test/checkpoint-trap.ts'
import { openDatabase } from '../../../store/database.ts'
import { listStepExecutions } from '../../../store/step-executions.ts'
import type { StepExecution } from '../../../batch/job-records.ts'
import { CliError } from '../../cli-error.ts'
import type { CrashTestOptions } from './crash-test-options.ts'
import { createJobClient, type JobClient } from './job-client.ts'
import { filesBelow } from './output-files.ts'
import { type RunOutcome, statusLines } from './run-outcome.ts'
import { type ScratchServer, startScratchServer } from './scratch-server.ts'

export interface RunPlace {
  readonly folder: string
  readonly databaseUrl: string
}

export interface Run {
  readonly outcome: RunOutcome
  readonly batchStatus: string
  readonly checkpoints: number
  /** False: the job ended before there was anything to kill it at. */
  readonly killed: boolean
  /** Why steps failed, or else the last lines of the job log. */
  readonly reasons: readonly string[]
}

const LOG_LINES = 20

/** @param killAfter checkpoint number, 0 = before the first; `null`: undisturbed. */
export async function runJob(
  options: CrashTestOptions,
  place: RunPlace,
  killAfter: number | null,
  interrupted: AbortSignal
): Promise<Run> {
  const output = path.join(place.folder, 'output')
  await mkdir(output, { recursive: true })
  for (const path of options.outputs) await rm(path, { recursive: true, force: true })
  const filled = (text: string) => text.replaceAll('{output}', output)
  if (options.prepare !== null) await prepare(filled(options.prepare), place, interrupted)

  const late = AbortSignal.timeout(options.timeoutSeconds * 1000)
  const signal = AbortSignal.any([interrupted, late])
  const trap = await openTrap(place.databaseUrl)
  const servers: ScratchServer[] = []
  /** Works with a new server; its death ends the wait for whatever was asked of it. */
  const onServer = async <T>(work: (client: JobClient, server: ScratchServer) => Promise<T>): Promise<T> => {
    const server = await startScratchServer(
      { ...place, appsDir: options.appsDir, recovery: options.recovery },
      signal
    )
    servers.push(server)
    return await Promise.race([work(createJobClient(server.url, signal), server), server.died])
  }
  try {
    if (killAfter !== null) await trap.set(killAfter)
    const begun = await onServer(async (client, server) => {
      const instanceId = await client.submit({
        applicationName: options.application,
        jobXMLName: options.jobXMLName,
        jobParameters: Object.fromEntries(
          Object.entries(options.jobParameters).map(([name, value]) => [name, filled(value)])
        )
      })
      const killed =
        killAfter !== null && (await killedAt(trap, killAfter, client, server, instanceId, signal))
      const checkpoints = await trap.checkpoints()
      return { instanceId, killed, checkpoints, end: killed ? null : await endOf(client, instanceId) }
    })
    const end =
      begun.end ??
      (await onServer(async client => {
        if (options.recovery === 'resume') return await endOf(client, begun.instanceId)
        await client.ended(begun.instanceId, 1)
        await client.restart(begun.instanceId)
        return await endOf(client, begun.instanceId, 2)
      }))
    const attempts = await attemptsOf(place.databaseUrl, end)
    // A path that the job was given is another one in each run.
    const shown = (text: string) => text.replaceAll(place.folder, '{run}')
    const outcome = new Map(statusLines(end, attempts, options.metrics))
    for (const [label, text] of outcome) outcome.set(label, shown(text))
    for (const root of options.outputs) addAll(outcome, await filesBelow(root, root))
    addAll(outcome, await filesBelow(output, '{output}'))
    for (const sql of options.compareSql) addRows(outcome, sql, await rowsOf(trap, sql))
    return {
      outcome,
      batchStatus: end.batchStatus,
      checkpoints: killAfter === null ? await trap.checkpoints() : begun.checkpoints,
      killed: begun.killed,
      reasons: reasonsOf(attempts, end)
    }
  } catch (error) {
    interrupted.throwIfAborted()
    if (!late.aborted) throw error
    throw new CliError(
      1,
      `The job did not come to its end within ${options.timeoutSeconds} s (--timeout-seconds).`,
      { cause: error }
    )
  } finally {
    for (const server of servers) await server.kill()
    await trap.close()
  }
}

/** False when the job ended first. */
async function killedAt(
  trap: CheckpointTrap,
  killAfter: number,
  client: JobClient,
  server: ScratchServer,
  instanceId: number,
  signal: AbortSignal
): Promise<boolean> {
  const decided = new AbortController()
  const either = AbortSignal.any([signal, decided.signal])
  const first = await Promise.race([
    trap.caught(killAfter, either).then(() => 'caught'),
    client.ended(instanceId, 1).then(() => 'ended'),
    server.died
  ])
  decided.abort()
  signal.throwIfAborted()
  if (first === 'caught') {
    await server.kill()
    await trap.rollBack()
  }
  await trap.open()
  return first === 'caught'
}

interface End {
  readonly batchStatus: string
  readonly exitStatus: string | null
  readonly executionIds: readonly number[]
  readonly jobLog: string
}

async function endOf(client: JobClient, instanceId: number, count = 1): Promise<End> {
  const { batchStatus, exitStatus } = await client.ended(instanceId, count)
  const executionIds = (await client.executions(instanceId)).map(one => one.executionId).toReversed()
  return { batchStatus, exitStatus, executionIds, jobLog: await client.jobLog(instanceId) }
}

/** At all steps, in the order in which they were made. */
async function attemptsOf(url: string, end: End): Promise<readonly StepExecution[]> {
  const db = openDatabase({
    url,
    applicationName: 'batchyard crash test',
    statementTimeoutSeconds: 60,
    connections: 1
  })
  try {
    const attempts = []
    for (const executionId of end.executionIds) attempts.push(...(await listStepExecutions(db, executionId)))
    return attempts
  } finally {
    await db.destroy()
  }
}

function reasonsOf(attempts: readonly StepExecution[], end: End): readonly string[] {
  const messages = attempts.flatMap(({ stepName, message }) =>
    message === null ? [] : [`step ${stepName}: ${message}`]
  )
  return messages.length > 0 ? messages : end.jobLog.trimEnd().split('\n').slice(-LOG_LINES)
}

async function rowsOf(trap: CheckpointTrap, sql: string): Promise<readonly string[]> {
  try {
    return await trap.rows(sql)
  } catch (error) {
    throw new CliError(1, `--compare-sql ${JSON.stringify(sql)}: ${(error as Error).message}`, {
      cause: error
    })
  }
}

function addAll(outcome: Map<string, string>, lines: ReadonlyMap<string, string>): void {
  for (const [label, text] of lines) outcome.set(label, text)
}

/** Equal rows are counted: a row that is there twice is the very thing that a crash test looks for. */
function addRows(outcome: Map<string, string>, sql: string, rows: readonly string[]): void {
  outcome.set(`rows of ${sql}`, String(rows.length))
  for (const row of new Set(rows))
    outcome.set(`row ${row} of ${sql}`, `${rows.filter(other => other === row).length} times`)
}

/** Its output is the user's to see. */
async function prepare(command: string, { databaseUrl }: RunPlace, signal: AbortSignal): Promise<void> {
  const child = spawn(command, {
    shell: true,
    signal,
    stdio: ['ignore', 'inherit', 'inherit'],
    env: serverEnvironment({ BATCH_DATABASE_URL: databaseUrl })
  })
  const [code] = (await once(child, 'close')) as [number | null]
  if (code !== 0) throw new CliError(1, `--prepare ${JSON.stringify(command)} ended with exit code ${code}.`)
}
