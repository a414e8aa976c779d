// Servers that cannot reach PostgreSQL for longer than a lease, each for itself: who was cut off begins nothing and judges
// nobody until it has seen a whole lease go by (ENGINE E6, E7).
import path from 'node:path'
import t, { type Test } from 'tap'
import { batchClient } from '../support/batch-client.ts'
import { lasting } from '../support/chaos.ts'
import { ledgerOf, makeLedger } from '../support/ledger.ts'
import { type ServerPlace, serverPlace, startServer } from '../support/server-process.ts'
import { tcpProxy } from '../support/tcp-proxy.ts'
import { until } from '../support/until.ts'

const LEASE_SECONDS = 10

t.setTimeout(600_000)

async function through(
  t: Test,
  place: ServerPlace,
  name: string,
  leaseSeconds = LEASE_SECONDS,
  settings: Readonly<Record<string, string>> = {}
) {
  const proxy = await tcpProxy(t, place.database.url)
  const server = await startServer(t, place, {
    BATCH_DATABASE_URL: proxy.url,
    BATCH_APPS_DIR: path.join(import.meta.dirname, '../support/applications'),
    BATCH_LEASE_SECONDS: String(leaseSeconds),
    BATCH_SERVER_ID: name,
    ...settings,
    BATCH_DATA_DIR: path.join(place.directory, name)
  })
  return { proxy, server, client: batchClient(server) }
}

t.test(
  'E6 E7 who comes back first does not take the other for dead, and all go on where they were',
  async t => {
    const place = await serverPlace(t)
    const { db } = place.database
    await makeLedger(db)
    const rowsOf = async (sql: string) => ((await db.raw(sql)) as { rows: object[] }).rows
    const one = await through(t, place, 'one')
    const two = await through(t, place, 'two')
    const known = await rowsOf('select incarnation, dead_at from batchyard.incarnation order by 1')
    const jobs = [one, two].map(({ client }) =>
      client.submit('ledger', 'numbers', { items: '2000', millis: '5' })
    )
    const instances = await Promise.all(jobs)
    await until('both are in the middle of it', async () => {
      for (const instanceId of instances) if ((await ledgerOf(db, instanceId)).rows < 50) return false
      return true
    })
    one.proxy.close()
    two.proxy.close()
    await lasting(200)
    const committed = await Promise.all(instances.map(instanceId => ledgerOf(db, instanceId)))
    await one.server.says(/"held":true/)
    await two.server.says(/"held":true/)
    t.same(await Promise.all(instances.map(instanceId => ledgerOf(db, instanceId))), committed)
    two.proxy.open()
    // Longer than the time between two sweeps, shorter than a lease: only its own absence keeps it from judging.
    await lasting(6000)
    one.proxy.open()
    for (const instanceId of instances) {
      t.match(await one.client.ended(instanceId), { batchStatus: 'COMPLETED' })
      t.match(await ledgerOf(db, instanceId), { rows: 2000, distinct: 2000 })
    }
    t.same(await rowsOf('select incarnation, dead_at from batchyard.incarnation order by 1'), known)
    t.same(
      await rowsOf(
        'select execution_id from batchyard.job_execution where crashes > 0 or execution_number > 0'
      ),
      []
    )
    for (const { server } of [one, two]) t.equal((await server.stop()).code, 0, server.log())
  }
)

t.test(
  'E6 without a renewal for a lease no chunk and no unit begins, and with the next one they do',
  async t => {
    const place = await serverPlace(t)
    const { db } = place.database
    await makeLedger(db)
    const { proxy, server, client } = await through(t, place, 'one', 5)
    const running = await client.submit('ledger', 'numbers', { items: '4000', millis: '3' })
    await until('it is at work', async () => (await ledgerOf(db, running)).rows > 50)
    // Everything else passes: what does not happen is not done for want of a connection. A network that drops packets closes none.
    proxy.rule = ({ text }) => (text.includes('with renewed as') ? 'drop' : 'pass')
    await server.says(/"held":true/)
    const waiting = await client.submit('ledger', 'noop')
    // The chunk under way stands; three renewals, polls and many chunks would fit into this.
    await lasting(1000)
    const held = await ledgerOf(db, running)
    await lasting(3000)
    t.same(await ledgerOf(db, running), held, 'no chunk was begun')
    t.match(await client.get(`/jobinstances/${waiting}`), { instanceState: 'SUBMITTED' })
    proxy.rule = () => 'pass'
    t.match(await client.ended(waiting), { batchStatus: 'COMPLETED' })
    t.match(await client.ended(running), { batchStatus: 'COMPLETED' })
    t.match(await ledgerOf(db, running), { rows: 4000, distinct: 4000 })
    t.equal((await server.stop()).code, 0, server.log())
  }
)

for (const policy of ['fail', 'resume'] as const)
  t.test(
    `E6 E7 ${policy}: who was cut off and declared dead meanwhile comes back, commits nothing and ends with 1`,
    async t => {
      const place = await serverPlace(t)
      const { db } = place.database
      await makeLedger(db)
      const settings = { BATCH_RECOVERY: policy }
      const cut = await through(t, place, 'cut', 10, settings)
      const staying = await through(t, place, 'staying', 10, settings)
      const instanceId = await cut.client.submit('ledger', 'numbers', { items: '1500', millis: '5' })
      await until('it is at work', async () => (await ledgerOf(db, instanceId)).rows >= 50)
      const { rows } = (await db.raw('select server_id from batchyard.job_execution')) as {
        rows: [{ server_id: string }]
      }
      const [away, other] = rows[0].server_id.endsWith('cut') ? [cut, staying] : [staying, cut]
      away.proxy.close()
      await other.server.says(/has not renewed its lease/)
      if (policy === 'fail') {
        await other.client.when(instanceId, 'FAILED')
        const answer = await other.client.call('PUT', `/jobinstances/${instanceId}?action=restart`, {
          jobParameters: { items: '1500', millis: '5' }
        })
        t.equal(answer.status, 200, answer.text)
      }
      const taken = (await ledgerOf(db, instanceId)).rows
      await until(
        'the other is in the middle of it',
        async () => (await ledgerOf(db, instanceId)).rows > taken
      )
      away.proxy.open()
      t.same(await away.server.ended, { code: 1, signal: null }, away.server.log())
      t.match(away.server.log(), /declared this one dead/)
      // As `restart: unless-stopped` does.
      const name = away === cut ? 'cut' : 'staying'
      const again = await through(t, place, name, 10, settings)
      t.match(await again.client.ended(instanceId), { batchStatus: 'COMPLETED' })
      t.match(await ledgerOf(db, instanceId), { rows: 1500, distinct: 1500 })
      for (const { server } of [again, other]) t.equal((await server.stop()).code, 0, server.log())
    }
  )
