// Prints what became of the job: steps, rows in Postgres, job log, and how to do the same by hand.
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import pg from 'pg'
import { recordedPlace } from '../src/store/embedded/database-place.ts'
import { databaseUrl } from '../src/store/embedded/first-connection.ts'
import { readPostmasterFile } from '../src/store/embedded/postmaster-file.ts'
import type { JobExecution, StepExecution } from './batch-client.ts'

const COUNTS = ['READ_COUNT', 'WRITE_COUNT', 'COMMIT_COUNT', 'FILTER_COUNT', 'PROCESS_SKIP_COUNT'] as const

export function showSteps(steps: readonly StepExecution[]): void {
  showTable([
    ['step', 'batch status', ...COUNTS, 'partitions', 'exit status'],
    ...steps.map(step => [
      step.stepName,
      step.batchStatus,
      ...COUNTS.map(count => step.metrics[count] ?? ''),
      String(step.partitions.length),
      step.exitStatus
    ])
  ])
}

/** What the job wrote, read from the database and not from anything the job says. */
export async function showRows(dataDir: string, instanceId: number): Promise<void> {
  const database = new pg.Client({ connectionString: await urlOf(dataDir), application_name: 'demo' })
  await database.connect()
  try {
    const { rows: counted } = await database.query<{ count: string }>(
      'select count(*) from bird_strikes.strike where instance_id = $1',
      [instanceId]
    )
    console.log(`\nRows of this run in bird_strikes.strike: ${counted[0]?.count}; the states with most:\n`)
    const { rows } = await database.query<Record<string, unknown>>(
      /* sql */ `select state, strikes, damaging, cost, commonest_species from bird_strikes.state_summary
        where instance_id = $1 order by strikes desc, state limit 5`,
      [instanceId]
    )
    showTable([Object.keys(rows[0] ?? {}), ...rows.map(row => Object.values(row).map(String))])
  } finally {
    await database.end()
  }
}

/** Of the embedded database: its password is kept in the data directory, its port in the postmaster's file. */
async function urlOf(dataDir: string): Promise<string> {
  const given = process.env['BATCH_DATABASE_URL']
  if (given) return given
  const home = join(dataDir, 'postgres')
  const postmaster = await readPostmasterFile(join(await recordedPlace(home), 'cluster'))
  if (postmaster === null) throw new Error(`there is no running database below ${home}`)
  const password = (await readFile(join(home, 'password'), 'utf8')).trim()
  return databaseUrl(postmaster.port, password)
}

/** Why a job is not COMPLETED: what failed, and the last lines it logged. */
export function showReasons(execution: JobExecution, steps: readonly StepExecution[], log: string): void {
  console.log(`\nNot COMPLETED, because:`)
  for (const step of steps.filter(one => one.batchStatus !== 'COMPLETED'))
    console.log(`  step ${step.stepName} is ${step.batchStatus}, exit status ${step.exitStatus}`)
  if (steps.every(step => step.batchStatus === 'COMPLETED'))
    console.log(`  its steps are COMPLETED, but it was ended with exit status ${execution.exitStatus}`)
  console.log(`\nThe last lines of its log:\n\n${log.trimEnd().split('\n').slice(-20).join('\n')}`)
}

export function showJobLog(directory: string, log: string): void {
  console.log(`\nThe job log is in ${directory}; it begins:\n`)
  console.log(log.split('\n').slice(0, 12).join('\n'))
}

export function showByHand(serverUrl: string, instanceId: number, executionId: number): void {
  const api = `${serverUrl}/ibm/api/batch`
  console.log(`\nThe same by hand, while a server is up (npm run demo -- --keep):

  submit   curl -X POST -H 'content-type: application/json' -d '{"applicationName":"BirdStrikes","jobXMLName":"birdstrikes","jobParameters":{"slow.millis":"2"}}' ${api}/jobinstances
  status   curl ${api}/jobinstances/${instanceId}/jobexecutions
  steps    curl ${api}/jobexecutions/${executionId}/stepexecutions
  log      curl '${api}/jobexecutions/${executionId}/joblogs?type=text'
  stop     curl -X PUT '${api}/jobinstances/${instanceId}?action=stop'
  restart  curl -X PUT '${api}/jobinstances/${instanceId}?action=restart'`)
}

function showTable(lines: readonly (readonly string[])[]): void {
  const widths = lines[0]!.map((_, column) => Math.max(...lines.map(line => line[column]!.length)))
  const last = widths.length - 1
  for (const line of lines)
    console.log(
      `  ${line.map((cell, column) => (column === last ? cell : cell.padEnd(widths[column]!))).join('  ')}`
    )
}
