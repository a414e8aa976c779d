// Each nominal time fires at most once over all servers, and what a dying server had begun is lost to nobody.
import t from 'tap'
import { type Database, rows } from '../../src/store/database.ts'
import { buildApp } from '../support/build-app.ts'
import { serverPlace, startServer } from '../support/server-process.ts'
import { until } from '../support/until.ts'
import { clientOf, quickDefinition } from '../http/schedules/scheduling-client.ts'

interface Fired {
  readonly runs: number
  readonly times: number
  readonly decisions: number
}

/** Runs of a schedule, the nominal times they are of, and the decisions that say so. */
async function firedBy(db: Database, name: string): Promise<Fired> {
  const [found] = await rows<Fired>(
    db,
    /* sql */ `select count(*)::int as runs, count(distinct r.nominal_time)::int as times,
      (select count(*)::int from batchyard.decision d join batchyard.schedule s using (schedule_id)
        where s.name = :name and d.decision = 'fired') as decisions
    from batchyard.run r where r.schedule = :name`,
    { name }
  )
  return found!
}

t.test('R004-31 two servers whose clocks run fire each time once', async t => {
  const one = await buildApp(t)
  const two = await buildApp(t, { BATCH_DATABASE_URL: one.database.url })
  const client = clientOf(one)
  await quickDefinition(client)
  const when = { cron: '* * * * * *' }
  await client.post('/schedules', { name: 'both', definition: 'quick', overlap: 'allow', when })
  await client.post('/schedules/both/activate')
  const { db } = one.database
  await until('six times have come', async () => {
    // Both look at one moment, beside their own rhythm.
    await Promise.all([one.tick(), two.tick()])
    return (await firedBy(db, 'both')).times >= 6
  })
  await clientOf(two).post('/schedules/both/deactivate')
  const { runs, times, decisions } = await firedBy(db, 'both')
  t.equal(runs, times)
  t.equal(decisions, times)
})

t.test(
  'R004-44 a server that is killed between its claim and its submit loses nothing: another fires, once',
  async t => {
    const place = await serverPlace(t)
    const { db } = place.database
    const dying = await startServer(t, place)
    const post = async (path: string, body: unknown) => {
      const answer = await fetch(`${dying.url}/api/v1${path}`, {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify(body)
      })
      if (!answer.ok) throw new Error(await answer.text())
    }
    const jsl = `<job id="quick" xmlns="http://xmlns.jcp.org/xml/ns/javaee" version="1.0"><step id="s"><batchlet ref="simpleBatchlet"/></step></job>`
    await post('/definitions', { name: 'quick', application: 'SimpleBatchJob', jsl })
    await post('/schedules', {
      name: 'yearly',
      definition: 'quick',
      timeZone: 'UTC',
      when: { cron: '0 0 1 1 *' }
    })
    await post('/schedules/yearly/activate', {})
    const holding = Promise.withResolvers<void>()
    t.teardown(async () => holding.resolve())
    const held = Promise.withResolvers<void>()
    const lock = db.transaction(async trx => {
      await rows(trx, 'lock table batchyard.run in share mode')
      held.resolve()
      await holding.promise
    })
    await held.promise
    await rows(
      db,
      `update batchyard.schedule set next_fire_time = date_trunc('second', clock_timestamp()) where name = 'yearly'`
    )
    await until('the server has claimed it and cannot submit', async () => {
      const waiting = await rows(
        db,
        `select from pg_locks where not granted and relation = 'batchyard.run'::regclass`
      )
      return waiting.length > 0
    })
    dying.kill('SIGKILL')
    await dying.ended
    holding.resolve()
    await lock
    t.match(await firedBy(db, 'yearly'), { runs: 0, decisions: 0 })
    const other = await startServer(t, place)
    await until('the other one fires', async () => (await firedBy(db, 'yearly')).runs > 0)
    const history = await fetch(`${other.url}/api/v1/schedules/yearly/history`)
    t.equal(((await history.json()) as { items: unknown[] }).items.length, 1)
    t.match(await firedBy(db, 'yearly'), { runs: 1, times: 1, decisions: 1 })
    const next = await fetch(`${other.url}/api/v1/schedules/yearly`)
    t.match(((await next.json()) as { nextFireTime: string }).nextFireTime, /-01-01T00:00:00\.000Z$/)
  }
)
