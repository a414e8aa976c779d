// Rolling deployment: one of two servers is told to end, and what it has goes on at the other (ENGINE E4, E12).
import { existsSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import t from 'tap'
import { batchClient } from '../support/batch-client.ts'
import { AT_GATE, submitGated } from '../support/gated-jobs.ts'
import { ledgerOf, makeLedger } from '../support/ledger.ts'
import { serverPlace, startServer } from '../support/server-process.ts'
import { until } from '../support/until.ts'

t.setTimeout(500_000)

const place = await serverPlace(t)
const { db } = place.database
await makeLedger(db)

async function another(name: string, settings: Record<string, string> = {}) {
  return await startServer(t, place, {
    BATCH_APPS_DIR: path.join(import.meta.dirname, '../support/applications'),
    BATCH_SERVER_ID: name,
    BATCH_DATA_DIR: path.join(place.directory, name),
    BATCH_SHUTDOWN_SECONDS: '60',
    BATCH_RECOVERY: 'resume',
    ...settings
  })
}

async function executionsOf(instanceId: number) {
  const { rows } = (await db.raw(
    `select execution_number, batch_status, crashes, reason, server_id from batchyard.job_execution
    where instance_id = ? order by 1`,
    [instanceId]
  )) as { rows: { batch_status: string; server_id: string }[] }
  return rows as [(typeof rows)[0], ...typeof rows]
}

async function rowsOf(sql: string): Promise<object[]> {
  return ((await db.raw(sql)) as { rows: object[] }).rows
}

// Five threads work; what comes after waits, claimed or not.
const leaving = await another('leaving', { BATCH_THREADS: '5' })
const items = '200'
const go = path.join(place.directory, 'go')
const first = batchClient(leaving)
const chunks = await submitGated(first, 'resume', { items, go })
const partitions = await submitGated(first, 'resume', { items, go }, 3)
const failing = await submitGated(first, 'fail', { items, go })
await until('all are in the middle of it', async () => {
  const [one, three, other] = await Promise.all([chunks, partitions, failing].map(id => ledgerOf(db, id)))
  return one!.rows === AT_GATE && three!.rows === 3 * AT_GATE && other!.rows === AT_GATE
})
const unbegun: number[] = []
for (let n = 0; n < 8; n++) unbegun.push(await first.submit('ledger', 'pause', { millis: '200' }))
const staying = await another('staying', { BATCH_DRAIN_NOTICE_SECONDS: '4', BATCH_SHUTDOWN_SECONDS: '3' })
const other = batchClient(staying)
const [{ server_id: holder }] = await executionsOf(chunks)
leaving.kill('SIGTERM')
await leaving.says(/"msg":"draining: nothing new begins here/)
writeFileSync(go, '')

t.test('a server that drains ends in order, and says what it does', async t => {
  t.same(await leaving.ended, { code: 0, signal: null }, leaving.log())
  t.match(
    leaving.log(),
    /"atWork":[1-9],"goingOn":2,"stopping":1[^\n]*"msg":"draining: nothing new begins here/
  )
  t.match(leaving.log(), /"msg":"drained"/)
})

t.test('E12 resume: its jobs go on at the other at once, and nothing is done twice', async t => {
  for (const [instanceId, streams] of [
    [chunks, 1],
    [partitions, 3]
  ] as const) {
    t.match(await other.ended(instanceId), { batchStatus: 'COMPLETED' })
    t.match(await executionsOf(instanceId), [
      { execution_number: 0, batch_status: 'COMPLETED', crashes: 0, reason: null, server_id: /staying$/ }
    ])
    const all = streams * Number(items)
    t.match(await ledgerOf(db, instanceId), { rows: all, distinct: all })
  }
})

t.test('E12 fail: its jobs are STOPPED with the reason, and restart at the other', async t => {
  const reason = `server ${holder} shut down`
  const { executionId } = await other.ended(failing)
  t.match(await executionsOf(failing), [{ batch_status: 'STOPPED', reason }])
  const log = await other.call('GET', `/jobexecutions/${executionId}/joblogs?type=text`)
  t.match(log.text, `The job is stopped: ${reason}.`)
  const jobParameters = { items, go }
  const answer = await other.call('PUT', `/jobinstances/${failing}?action=restart`, { jobParameters })
  t.equal(answer.status, 200, answer.text)
  t.match(await other.ended(failing), { batchStatus: 'COMPLETED' })
  t.match(await ledgerOf(db, failing), { rows: Number(items), distinct: Number(items) })
})

t.test('E4 what it had not begun is begun by the other', async t => {
  for (const id of unbegun) {
    t.match(await other.ended(id), { batchStatus: 'COMPLETED' })
    t.match(await executionsOf(id), [{ execution_number: 0, crashes: 0 }])
  }
  t.same(await rowsOf('select unit_id from batchyard.unit'), [])
})

t.test(
  'while a server drains it is not ready, takes requests for BATCH_DRAIN_NOTICE_SECONDS, and says what is still at work',
  async t => {
    const begun = path.join(place.directory, 'begun')
    const deaf = await other.submit('stubborn', 'deaf', { begun })
    await until('the batchlet began', () => existsSync(begun))
    const began = performance.now()
    staying.kill('SIGTERM')
    await staying.says(/"msg":"stopping"/)
    const probe = await fetch(`${staying.url}/readyz`)
    t.equal(probe.status, 503)
    t.match(await probe.json(), { ready: false, reason: 'the server is stopping' })
    // It came from a balancer that had not noticed: others will run it.
    const late = await other.submit('ledger', 'noop')
    t.match(await other.get(`/jobinstances/${late}`), { instanceState: 'SUBMITTED' })
    await staying.says(
      /"atWork":1,"units":\[\{[^\n]*"job":"deaf"[^\n]*"msg":"draining: these are still at work"/
    )
    t.match(await staying.ended, { code: 0 })
    t.ok(performance.now() - began > 3900, 'its listener did not close before the time was over')
    t.match(staying.log(), /draining: these reached no checkpoint in time/)
    t.match(await executionsOf(deaf), [{ batch_status: 'STARTING', crashes: 0 }])
    t.same(await rowsOf('select status, waits_for from batchyard.unit order by unit_id'), [
      { status: 'READY', waits_for: null },
      { status: 'READY', waits_for: null }
    ])
  }
)
