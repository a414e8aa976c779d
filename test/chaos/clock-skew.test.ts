// Servers whose clocks differ by hours: who is alive, who may claim and who is dead is told by PostgreSQL's clock alone (ENGINE E3,
// E6, E7).
import path from 'node:path'
import t, { type Test } from 'tap'
import { batchClient } from '../support/batch-client.ts'
import { lasting } from '../support/chaos.ts'
import { ledgerOf, makeLedger } from '../support/ledger.ts'
import { type ServerPlace, serverPlace, startServer } from '../support/server-process.ts'
import { until } from '../support/until.ts'

t.setTimeout(500_000)

const LEASE_SECONDS = 10

async function skewed(t: Test, place: ServerPlace, name: string, minutes: number) {
  return await startServer(
    t,
    place,
    {
      BATCH_APPS_DIR: path.join(import.meta.dirname, '../support/applications'),
      BATCH_LEASE_SECONDS: String(LEASE_SECONDS),
      BATCH_RECOVERY: 'resume',
      BATCH_SERVER_ID: name,
      BATCH_DATA_DIR: path.join(place.directory, name),
      SKEW_MINUTES: String(minutes)
    },
    [path.join(import.meta.dirname, '../support/skewed-clock.ts')]
  )
}

t.test('E7 a clock that is hours behind or ahead makes nobody dead, and hides no death', async t => {
  const place = await serverPlace(t)
  const { db } = place.database
  await makeLedger(db)
  const [behind, ahead] = await Promise.all([
    skewed(t, place, 'behind', -180),
    skewed(t, place, 'ahead', 180)
  ])
  const said = (server: { log(): string }) => Number(/"time":(\d+)/.exec(server.log())![1])
  t.ok(said(ahead) - said(behind) > 5 * 3_600_000, 'their clocks do differ')
  const client = batchClient(behind)
  const ids: number[] = []
  for (let n = 0; n < 6; n++)
    ids.push(
      await client.submit('ledger', n % 2 === 0 ? 'numbers' : 'partitions', { items: '300', millis: '5' })
    )
  // Longer than a lease: whoever compared a clock of his own with a row would have found the other dead by now.
  await lasting((LEASE_SECONDS + 3) * 1000)
  const known = (await db.raw('select server_id from batchyard.incarnation where dead_at is null')) as {
    rows: object[]
  }
  t.equal(known.rows.length, 2)
  for (const id of ids) t.match(await client.ended(id), { batchStatus: 'COMPLETED' })
  const { rows: crashed } = (await db.raw('select from batchyard.job_execution where crashes > 0')) as {
    rows: object[]
  }
  t.equal(crashed.length, 0)

  const last = await batchClient(ahead).submit('ledger', 'numbers', { items: '2000', millis: '5' })
  await until('it is at work', async () => (await ledgerOf(db, last)).rows >= 20)
  const { rows } = (await db.raw('select server_id from batchyard.job_execution where instance_id = ?', [
    last
  ])) as {
    rows: [{ server_id: string }]
  }
  const [victim, other] = rows[0].server_id.endsWith('ahead') ? [ahead, behind] : [behind, ahead]
  victim.kill('SIGKILL')
  t.match(await batchClient(other).ended(last), { batchStatus: 'COMPLETED' })
  t.match(await ledgerOf(db, last), { rows: 2000, distinct: 2000 })
})
