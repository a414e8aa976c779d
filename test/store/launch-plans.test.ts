// A launch finds its rows by keys although its statements were planned when the tables were empty: a plan stays until the next
// ANALYZE, and one that reads a table whole is slower with each job.
import t from 'tap'
import { openDatabase, rows } from '../../src/store/database.ts'
import { endUnits } from '../../src/store/ends.ts'
import { createDatabase } from '../support/database.ts'
import { claimOf, endOf, running, server, startStep } from './repository.ts'
import { endSteps } from '../../src/store/step-ends.ts'

const LAUNCHES = 10
const TABLES = [
  'job_instance',
  'job_execution',
  'step_execution',
  'unit',
  'partition',
  'flow',
  'collected_data'
]

const { url } = await createDatabase(t)
const launchDb = openDatabase({
  url,
  applicationName: 'batchyard test',
  statementTimeoutSeconds: 60,
  // The statistics of a session are written when it asks for it.
  connections: 1,
  launches: true
})
t.teardown(() => launchDb.destroy())

t.test('E5 no statement of a launch reads a table whole', async t => {
  const incarnation = await server(launchDb)
  const before = await wholeReads()
  for (let at = 0; at < LAUNCHES; at++) {
    const unit = await running(launchDb, incarnation)
    const { stepExecutionId } = await startStep(launchDb, unit)
    const end = { batchStatus: 'COMPLETED', exitStatus: 'COMPLETED', persistentUserData: null } as const
    await endSteps(launchDb, [{ ...claimOf(unit), stepExecutionId, ...end, message: null, metrics: null }])
    await endUnits(launchDb, [endOf(unit)])
  }
  t.same(await wholeReads(), before)
})

async function wholeReads(): Promise<{ table: string; reads: number }[]> {
  await rows(launchDb, 'select pg_stat_force_next_flush()')
  return await rows(
    launchDb,
    /* sql */ `select relname as "table", seq_scan as reads from pg_stat_user_tables
    where schemaname = 'batchyard' and relname = any(:tables) order by relname`,
    { tables: TABLES }
  )
}
