// Runs the cases of one server, a few at a time, the slow ones first.
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { SQL_ARTIFACTS } from './application/sql-artifacts.ts'
import { writeCaseApplication } from './case-application.ts'
import { Skipped } from './expectation-failed.ts'
import { RestJobOperator } from './job-operator.ts'
import { runCase } from './run-case.ts'
import type { CaseToRun, ServerGroup } from './server-groups.ts'
import { startServer } from './server-process.ts'
import { SystemPropertyFile } from './system-property-file.ts'
import type { TckCase, TckFolder } from './tck-folder.ts'
import type { TckDatabase } from './tck-database.ts'

/** At one time. They mostly wait. */
const LANES = 8
const CASE_WITHIN_MS = 180_000
const LOG_LINES = 25

export interface CaseResult {
  readonly tckCase: TckCase
  readonly verdict: 'passed' | 'failed' | 'skipped'
  readonly milliseconds: number
  /** What was expected and seen, or why it was skipped; `''` when it passed. */
  readonly reason: string
  /** Last lines of the job log of each execution, of a failed case only. */
  readonly jobLogs: readonly string[]
  /** Files with the recorded calls of its executions, in the order of their starts; `null` = nothing was recorded. */
  readonly recordings: readonly string[] | null
}

export interface RunSettings {
  readonly folder: TckFolder
  readonly database: TckDatabase
  /** Folder for everything the run writes. */
  readonly workDir: string
  /** Tells this run's names from those of others in one database. */
  readonly runId: string
  readonly record: boolean
  readonly settings: Readonly<Record<string, string>>
  /** Aborted when the run is to end early: no further case begins. */
  readonly interrupted: AbortSignal
}

export async function runCases(
  { cases }: ServerGroup,
  run: RunSettings,
  report: (result: CaseResult) => void
): Promise<void> {
  const appsDir = join(run.workDir, 'applications')
  const serverFile = join(run.workDir, 'server-address')
  const prepared = await Promise.all(cases.map(one => prepare(one, run, appsDir, serverFile)))
  const server = await startServer(
    {
      ...run.settings,
      BATCH_ISOLATION: process.env['BATCH_ISOLATION'] || 'thread',
      BATCH_DATABASE_URL: run.database.url,
      BATCH_DATA_DIR: join(run.workDir, 'data'),
      BATCH_JOBLOG_DIR: join(run.workDir, 'joblogs'),
      BATCH_APPS_DIR: appsDir,
      BATCH_SERVER_ID: run.runId,
      BATCH_THREADS: '8',
      BATCH_SHUTDOWN_SECONDS: '5'
    },
    join(run.workDir, 'server.log')
  )
  try {
    await writeFile(serverFile, server.url)
    const waiting = prepared.toSorted((a, b) => secondsOf(b) - secondsOf(a))
    const lane = async () => {
      for (let next = waiting.shift(); next !== undefined; next = waiting.shift()) {
        if (run.interrupted.aborted) return
        report(await runOne(next, server.url, run))
      }
    }
    await Promise.all(Array.from({ length: LANES }, lane))
  } finally {
    await server.stop()
  }
}

interface PreparedCase {
  readonly tckCase: TckCase
  readonly application: string
  readonly exchange: string
}

const secondsOf = ({ tckCase }: PreparedCase) => tckCase.approxSeconds ?? 0

async function prepare(
  { tckCase, jobXMLs }: CaseToRun,
  run: RunSettings,
  appsDir: string,
  serverFile: string
): Promise<PreparedCase> {
  const application = `${run.runId}.${tckCase.id.replaceAll(/[^A-Za-z0-9.]+/g, '-')}`
  const exchange = join(run.workDir, 'exchange', application)
  // Postgres cuts longer names, and the ends of many are the same.
  const number = run.folder.cases.indexOf(tckCase)
  const schema = tckCase.artifacts.some(name => Object.hasOwn(SQL_ARTIFACTS, name))
    ? `${run.runId}_${number}`
    : null
  if (schema !== null) await run.database.createSchema(schema)
  await writeCaseApplication(
    appsDir,
    {
      application,
      artifacts: run.folder.artifacts,
      exchange,
      serverFile,
      databaseUrl: run.database.url,
      schema,
      record: run.record
    },
    jobXMLs
  )
  return { tckCase, application, exchange }
}

async function runOne(
  { tckCase, application, exchange }: PreparedCase,
  server: string,
  run: RunSettings
): Promise<CaseResult> {
  const begun = Date.now()
  const { executions, ended } = await runCase(tckCase, {
    server,
    application,
    systemProperties: new SystemPropertyFile(join(exchange, 'system-properties.json')),
    readUserData: run.database.readUserData,
    signal: AbortSignal.any([AbortSignal.timeout(CASE_WITHIN_MS), run.interrupted])
  })
  const ids = [...executions.values()].map(({ executionId }) => executionId)
  const verdict = ended === null ? 'passed' : ended instanceof Skipped ? 'skipped' : 'failed'
  const operator = new RestJobOperator(server, application)
  return {
    tckCase,
    verdict,
    milliseconds: Date.now() - begun,
    reason: ended?.message ?? '',
    jobLogs: verdict === 'failed' ? await Promise.all(ids.map(id => lastLines(operator, id))) : [],
    recordings: run.record ? ids.map(id => join(exchange, 'calls', `${id}.jsonl`)) : null
  }
}

async function lastLines(operator: RestJobOperator, executionId: number): Promise<string> {
  const text = await operator.jobLog(executionId).catch((error: unknown) => String(error))
  return `job log of execution ${executionId}:\n${text.trimEnd().split('\n').slice(-LOG_LINES).join('\n')}`
}
