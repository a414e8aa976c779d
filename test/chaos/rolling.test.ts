// Rolling deployment: one of two servers is told to end, and what it has goes on at the other (ENGINE E4, E12).
import { existsSync } from 'node:fs'
import path from 'node:path'
import t, { type Test } from 'tap'
import { batchClient } from '../support/batch-client.ts'
import { ledgerOf, makeLedger } from '../support/ledger.ts'
import { type ServerPlace, serverPlace, startServer } from '../support/server-process.ts'
import { until } from '../support/until.ts'

t.setTimeout(500_000)

async function another(t: Test, place: ServerPlace, name: string, settings: Record<string, string> = {}) {
  return await startServer(t, place, {
    BATCH_APPS_DIR: path.join(import.meta.dirname, '../support/applications'),
    BATCH_SERVER_ID: name,
    BATCH_DATA_DIR: path.join(place.directory, name),
    BATCH_SHUTDOWN_SECONDS: '60',
    ...settings
  })
}

async function executionsOf({ database }: ServerPlace, instanceId: number) {
  const { rows } = (await database.db.raw(
    `select execution_number, batch_status, crashes, reason, server_id from batchyard.job_execution
    where instance_id = ? order by 1`,
    [instanceId]
  )) as { rows: { batch_status: string; server_id: string }[] }
  return rows as [(typeof rows)[0], ...typeof rows]
}

async function rowsOf({ database }: ServerPlace, sql: string): Promise<object[]> {
  return ((await database.db.raw(sql)) as { rows: object[] }).rows
}

t.test(
  'E12 resume: jobs of a server that drains go on at the other at once, and nothing is done twice',
  async t => {
    const place = await serverPlace(t)
    await makeLedger(place.database.db)
    const resume = { BATCH_RECOVERY: 'resume' }
    const [one, two] = await Promise.all([another(t, place, 'one', resume), another(t, place, 'two', resume)])
    const client = batchClient(one)
    const chunks = await client.submit('ledger', 'numbers', { items: '1500', millis: '10' })
    const partitions = await client.submit('ledger', 'partitions', { items: '1000', millis: '10' })
    await until('both are in the middle of it', async () => {
      for (const id of [chunks, partitions])
        if ((await ledgerOf(place.database.db, id)).rows < 30) return false
      return true
    })
    const [{ server_id: holder }] = await executionsOf(place, chunks)
    const [leaving, staying] = holder.endsWith('one') ? [one, two] : [two, one]
    t.same(await leaving.stop(), { code: 0, signal: null }, leaving.log())
    t.match(
      leaving.log(),
      /"atWork":[1-9],"goingOn":[12],"stopping":0[^\n]*"msg":"draining: nothing new begins here/
    )
    t.match(leaving.log(), /"msg":"drained"/)
    const other = batchClient(staying)
    t.match(await other.ended(chunks), { batchStatus: 'COMPLETED' })
    t.match(await other.ended(partitions), { batchStatus: 'COMPLETED' })
    const staysAs = staying === one ? /one$/ : /two$/
    for (const instanceId of [chunks, partitions])
      t.match(await executionsOf(place, instanceId), [
        { execution_number: 0, batch_status: 'COMPLETED', crashes: 0, reason: null, server_id: staysAs }
      ])
    t.match(await ledgerOf(place.database.db, chunks), { rows: 1500, distinct: 1500 })
    t.match(await ledgerOf(place.database.db, partitions), { rows: 3000, distinct: 3000 })
    t.same(await rowsOf(place, 'select unit_id from batchyard.unit'), [])
  }
)

t.test(
  'E12 fail: jobs of a server that drains are STOPPED with the reason, and restart at the other',
  async t => {
    const place = await serverPlace(t)
    await makeLedger(place.database.db)
    const leaving = await another(t, place, 'leaving')
    const staying = await another(t, place, 'staying')
    const other = batchClient(staying)
    // Whichever of the two takes it: the one that has it is told to end.
    const id = await other.submit('ledger', 'numbers', { items: '1500', millis: '5' })
    await until('it is in the middle of it', async () => (await ledgerOf(place.database.db, id)).rows >= 30)
    const [{ server_id: holder }] = await executionsOf(place, id)
    const [going, remaining] = holder.endsWith('leaving') ? [leaving, staying] : [staying, leaving]
    t.same(await going.stop(), { code: 0, signal: null }, going.log())
    t.match(await executionsOf(place, id), [
      { batch_status: 'STOPPED', reason: `server ${holder} shut down` }
    ])
    const rest = batchClient(remaining)
    const answer = await rest.call('PUT', `/jobinstances/${id}?action=restart`, {
      jobParameters: { items: '1500', millis: '1' }
    })
    t.equal(answer.status, 200, answer.text)
    t.match(await rest.ended(id), { batchStatus: 'COMPLETED' })
    t.match(await ledgerOf(place.database.db, id), { rows: 1500, distinct: 1500 })
  }
)

t.test('E4 what a server had not begun when it drains is begun by the other', async t => {
  const place = await serverPlace(t)
  // One at a time, so that the others wait, claimed or not.
  const leaving = await another(t, place, 'leaving', { BATCH_THREADS: '1', BATCH_RECOVERY: 'resume' })
  const client = batchClient(leaving)
  const all: number[] = []
  for (let n = 0; n < 12; n++) all.push(await client.submit('ledger', 'pause', { millis: '300' }))
  const staying = await another(t, place, 'staying', { BATCH_RECOVERY: 'resume' })
  t.same(await leaving.stop(), { code: 0, signal: null }, leaving.log())
  const other = batchClient(staying)
  for (const id of all) {
    t.match(await other.ended(id), { batchStatus: 'COMPLETED' })
    t.match(await executionsOf(place, id), [{ execution_number: 0, crashes: 0 }])
  }
  t.same(await rowsOf(place, 'select unit_id from batchyard.unit'), [])
})

t.test(
  'while a server drains it is not ready, takes requests for BATCH_DRAIN_NOTICE_SECONDS, and says what is still at work',
  async t => {
    const place = await serverPlace(t)
    const server = await another(t, place, 'leaving', {
      BATCH_DRAIN_NOTICE_SECONDS: '8',
      BATCH_SHUTDOWN_SECONDS: '5',
      BATCH_RECOVERY: 'resume',
      BATCH_THREADS: '2'
    })
    const client = batchClient(server)
    const begun = path.join(place.directory, 'begun')
    const deaf = await client.submit('stubborn', 'deaf', { begun })
    await until('the batchlet began', () => existsSync(begun))
    const began = performance.now()
    server.kill('SIGTERM')
    await server.says(/"msg":"stopping"/)
    const probe = await fetch(`${server.url}/readyz`)
    t.equal(probe.status, 503)
    t.match(await probe.json(), { ready: false, reason: 'the server is stopping' })
    // It came from a balancer that had not noticed: others will run it.
    const late = await client.submit('ledger', 'noop')
    t.match(await client.get(`/jobinstances/${late}`), { instanceState: 'SUBMITTED' })
    await server.says(
      /"atWork":1,"units":\[\{[^\n]*"job":"deaf"[^\n]*"msg":"draining: these are still at work"/
    )
    t.match(await server.ended, { code: 0 })
    t.ok(performance.now() - began > 7900, 'its listener did not close before the time was over')
    t.match(server.log(), /draining: these reached no checkpoint in time/)
    t.match(await executionsOf(place, deaf), [{ batch_status: 'STARTING', crashes: 0 }])
    t.same(await rowsOf(place, 'select status, waits_for from batchyard.unit order by unit_id'), [
      { status: 'READY', waits_for: null },
      { status: 'READY', waits_for: null }
    ])
  }
)
