// Housekeeping: one server at a time, one chore that fails keeps no other from its turn, and nobody else's logs are removed.
import { existsSync } from 'node:fs'
import { mkdir, utimes, writeFile } from 'node:fs/promises'
import path from 'node:path'
import t from 'tap'
import { createHousekeeping } from '../../src/dispatch/housekeeping.ts'
import { JobLogSpaces } from '../../src/joblog/job-log-spaces.ts'
import { JOB_LOG_LIMITS } from '../../src/joblog/job-log-writer.ts'
import { alone } from '../../src/store/advisory-lock.ts'
import { appendAudit, verifyAudit } from '../../src/store/audit.ts'
import { rows } from '../../src/store/database.ts'
import { appendEvents } from '../../src/store/events.ts'
import { createDatabase } from '../support/database.ts'
import { until } from '../support/until.ts'

const { db } = await createDatabase(t)

function housekeepingOf(jobLogRoot: string, warned: string[] = []) {
  const warn = (facts: object) => void warned.push((facts as { chore: string }).chore)
  return createHousekeeping({
    db,
    log: { debug() {}, info() {}, warn, error: warn },
    jobLog: { jobLogRoot, jobLogLimits: JOB_LOG_LIMITS },
    logSpaces: new JobLogSpaces(jobLogRoot, { executionMB: 0, totalMB: 0 }),
    server: { incarnation: '00000000-0000-4000-8000-000000000001' }
  })
}

const unchained = async () => (await verifyAudit(db)).unchained

async function orphanIn(root: string): Promise<string> {
  const folder = path.join(root, 'job/2026-01-01/instance.999999')
  await mkdir(folder, { recursive: true })
  await utimes(folder, 0, 0)
  return folder
}

t.test('a chore that fails keeps no other from its turn', async t => {
  const open = await db.transaction()
  await appendEvents(open, [{ kind: 'open', instanceId: null, body: {} }])
  await appendAudit(db, [{ who: 'a', what: 'instance.stop', target: 'c' }])
  await rows(
    db,
    `insert into idempotency_key values ('a', 'old', '', 1, clock_timestamp() - interval '8 days'), ('a', 'new', '', 1, clock_timestamp())`
  )
  const warned: string[] = []
  await housekeepingOf(t.testdir(), warned).tick()
  t.same(warned, ['make event partitions'], 'the open writer is in their way')
  t.equal(await unchained(), 0)
  t.same(await rows(db, 'select key from idempotency_key'), [{ key: 'new' }])
  await open.rollback()
  await housekeepingOf(t.testdir(), warned).tick()
  t.equal(warned.length, 1)
  const partitions = await rows(db, `select from pg_class where relname ~ '^event_[0-9]{8}_[0-9]{2}$'`)
  t.equal(partitions.length, 4)
})

t.test('while one server is at it another leaves the repository alone', async t => {
  const old = () => rows(db, `select from idempotency_key where key = 'older'`)
  await rows(
    db,
    `insert into idempotency_key values ('a', 'older', '', 1, clock_timestamp() - interval '8 days')`
  )
  const housekeeping = housekeepingOf(t.testdir())
  await alone(db, 'housekeeping', () => housekeeping.tick())
  t.equal((await old()).length, 1)
  await housekeeping.tick()
  t.equal((await old()).length, 0)
})

t.test('E17 audit rows are chained by themselves, about a second after their commit', async t => {
  const housekeeping = housekeepingOf(t.testdir())
  housekeeping.start()
  t.teardown(() => housekeeping.stop())
  await appendAudit(db, [{ who: 'a', what: 'instance.stop', target: 'c' }])
  t.ok(await until('it is chained', async () => (await unchained()) === 0, 15))
})

t.test('job logs in a folder that another repository has marked are not this one’s to remove', async t => {
  const root = t.testdir()
  await writeFile(path.join(root, '.batchyard-repository'), 'another\n')
  const folder = await orphanIn(root)
  await housekeepingOf(root).tick()
  t.ok(existsSync(folder))
})

t.test('the janitor removes what is nobody’s, and after a stop nothing more', async t => {
  const root = t.testdir()
  const folder = await orphanIn(root)
  const housekeeping = housekeepingOf(root)
  housekeeping.start()
  await housekeeping.tick()
  await housekeeping.stop()
  t.notOk(existsSync(folder))
  const later = await orphanIn(root)
  await housekeeping.tick()
  t.ok(existsSync(later), 'stopped: nothing is deleted any more')
})
