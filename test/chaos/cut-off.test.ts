// Servers that cannot reach PostgreSQL for longer than a lease, each for itself: who was cut off begins nothing and judges
// nobody until it has seen a whole lease go by (ENGINE E6, E7).
import { writeFileSync } from 'node:fs'
import path from 'node:path'
import t from 'tap'
import { batchClient } from '../support/batch-client.ts'
import { lasting } from '../support/chaos.ts'
import { AT_GATE, submitGated } from '../support/gated-jobs.ts'
import { ledgerOf, makeLedger } from '../support/ledger.ts'
import { serverPlace, startServer } from '../support/server-process.ts'
import { tcpProxy } from '../support/tcp-proxy.ts'
import { until } from '../support/until.ts'

/** Little more than the shortest there is: what is waited for here are leases. */
const LEASE_SECONDS = 6

t.setTimeout(600_000)

const place = await serverPlace(t)
const { db } = place.database
await makeLedger(db)

/** Each test goes on with the servers that the one before left. */
async function through(name: string) {
  const proxy = await tcpProxy(t, place.database.url)
  const server = await startServer(t, place, {
    BATCH_DATABASE_URL: proxy.url,
    BATCH_APPS_DIR: path.join(import.meta.dirname, '../support/applications'),
    BATCH_LEASE_SECONDS: String(LEASE_SECONDS),
    BATCH_SERVER_ID: name,
    BATCH_DATA_DIR: path.join(place.directory, name)
  })
  return { proxy, server, client: batchClient(server) }
}

const [one, two] = await Promise.all([through('one'), through('two')])
const rowsOf = async (sql: string) => ((await db.raw(sql)) as { rows: object[] }).rows

t.test(
  'E6 E7 who comes back first does not take the other for dead, and all go on where they were',
  async t => {
    const known = await rowsOf('select incarnation, dead_at from batchyard.incarnation order by 1')
    const jobs = [one, two].map(({ client }) =>
      client.submit('ledger', 'numbers', { items: '600', millis: '5' })
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
    await lasting(LEASE_SECONDS * 600)
    one.proxy.open()
    for (const instanceId of instances) {
      t.match(await one.client.ended(instanceId), { batchStatus: 'COMPLETED' })
      t.match(await ledgerOf(db, instanceId), { rows: 600, distinct: 600 })
    }
    t.same(await rowsOf('select incarnation, dead_at from batchyard.incarnation order by 1'), known)
    t.same(
      await rowsOf(
        'select execution_id from batchyard.job_execution where crashes > 0 or execution_number > 0'
      ),
      []
    )
    t.equal((await two.server.stop()).code, 0, two.server.log())
  }
)

t.test(
  'E6 without a renewal for a lease no chunk and no unit begins, and with the next one they do',
  async t => {
    const { proxy, server, client } = one
    const running = await client.submit('ledger', 'numbers', { items: '1500', millis: '8' })
    await until('it is at work', async () => (await ledgerOf(db, running)).rows > 50)
    const before = server.log().length
    // Everything else passes: what does not happen is not done for want of a connection. A network that drops packets closes none.
    proxy.rule = ({ text }) => (text.includes('with renewed as') ? 'drop' : 'pass')
    await until('it holds', () => server.log().slice(before).includes('"held":true'))
    const waiting = await client.submit('ledger', 'noop')
    // The chunk under way stands; renewals, polls and many chunks would fit into this.
    await lasting(1000)
    const held = await ledgerOf(db, running)
    await lasting(2000)
    t.same(await ledgerOf(db, running), held, 'no chunk was begun')
    t.match(await client.get(`/jobinstances/${waiting}`), { instanceState: 'SUBMITTED' })
    proxy.rule = () => 'pass'
    t.match(await client.ended(waiting), { batchStatus: 'COMPLETED' })
    t.match(await client.ended(running), { batchStatus: 'COMPLETED' })
    t.match(await ledgerOf(db, running), { rows: 1500, distinct: 1500 })
  }
)

t.test(
  'E6 E7 fail, resume: who was cut off and declared dead meanwhile comes back, commits nothing and ends with 1',
  async t => {
    const items = '300'
    const go = path.join(place.directory, 'go')
    // All of them on the one that lives.
    const failing = await submitGated(one.client, 'fail', { items, go })
    const resuming = await submitGated(one.client, 'resume', { items, go })
    await until('both are in the middle of it', async () => {
      for (const id of [failing, resuming]) if ((await ledgerOf(db, id)).rows < AT_GATE) return false
      return true
    })
    const staying = await through('staying')
    one.proxy.close()
    await staying.server.says(/has not renewed its lease/)
    await staying.client.when(failing, 'FAILED')
    const answer = await staying.client.call('PUT', `/jobinstances/${failing}?action=restart`, {
      jobParameters: { items, go }
    })
    t.equal(answer.status, 200, answer.text)
    await until('the other is in the middle of it', async () => {
      const found = await rowsOf(
        `select from batchyard.unit join batchyard.step_execution using (unit_id) where status = 'STARTED'
          and step_execution.batch_status = 'STARTED'`
      )
      return found.length === 2
    })
    one.proxy.open()
    // All have the same chunk in hand: the woken one its old one, the other the same again.
    writeFileSync(go, '')
    t.same(await one.server.ended, { code: 1, signal: null }, one.server.log())
    t.match(one.server.log(), /declared this one dead/)
    // As `restart: unless-stopped` does.
    const again = await through('one')
    for (const id of [failing, resuming]) {
      t.match(await again.client.ended(id), { batchStatus: 'COMPLETED' })
      t.match(await ledgerOf(db, id), { rows: 300, distinct: 300 })
    }
    for (const { server } of [again, staying]) t.equal((await server.stop()).code, 0, server.log())
  }
)
