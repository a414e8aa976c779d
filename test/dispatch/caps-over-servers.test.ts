// Caps held over three servers, and caps that each has for itself: what really ran at one time, by the store's clock.
import t from 'tap'
import { rows } from '../../src/store/database.ts'
import { nameOf, type Place, placeOf } from './servers-in-roles.ts'

interface Ran {
  readonly begin: number
  readonly end: number
  readonly server: string
}

/** When each was at work, in milliseconds. */
async function ranOf(place: Place, ids: readonly number[]): Promise<Ran[]> {
  const found = await rows<{ start_time: Date; end_time: Date; server_id: string }>(
    place.database.db,
    'select start_time, end_time, server_id from batchyard.job_execution where instance_id = any(:ids::bigint[])',
    { ids }
  )
  return found.map(row => ({
    begin: row.start_time.getTime(),
    end: row.end_time.getTime(),
    server: nameOf({ serverId: row.server_id })
  }))
}

/** The most at one moment; what ends as another begins is not beside it. */
function mostAtOnce(ran: readonly Ran[]): number {
  return Math.max(...ran.map(({ begin }) => ran.filter(one => one.begin <= begin && begin < one.end).length))
}

t.test('over three servers and 24 threads no cap is exceeded, and all that waits ends', async t => {
  const place = await placeOf(t)
  const settings = {
    BATCH_THREADS: '8',
    BATCH_CAPS: '{"job:quick":3}',
    BATCH_SERVER_CAPS: '{"job:heavy":1}'
  }
  const servers = await Promise.all(['one', 'two', 'three'].map(name => place.start(name, settings)))

  t.test('of a job name (BATCH_CAPS)', async t => {
    const submits = Array.from({ length: 24 }, (_, at) =>
      servers[at % 3]!.submit('gated', 'quick', { ms: '100' })
    )
    const ids = await Promise.all(submits)
    for (const id of ids) t.match(await servers[0]!.ended(id), { batchStatus: 'COMPLETED' })
    const ran = await ranOf(place, ids)
    t.ok(mostAtOnce(ran) <= 3, `${mostAtOnce(ran)} at once`)
    t.ok(mostAtOnce(ran) >= 2, 'they did run side by side')
  })

  t.test('of a key that jobs name, whatever they are called', async t => {
    const jobXML = (id: string) => `<job id="${id}" xmlns="http://xmlns.jcp.org/xml/ns/javaee" version="1.0">
      <properties><property name="batchyard.capKey" value="licence"/><property name="batchyard.capLimit" value="2"/></properties>
      <step id="s"><batchlet ref="takes"><properties><property name="ms" value="100"/></properties></batchlet></step></job>`
    const answers = await Promise.all(
      Array.from({ length: 18 }, (_, at) =>
        servers[at % 3]!.call('POST', '/jobinstances', {
          applicationName: 'gated',
          jobXML: jobXML(`keyed${at}`)
        })
      )
    )
    const ids = answers.map(({ json }) => json.instanceId as number)
    for (const id of ids) t.match(await servers[0]!.ended(id), { batchStatus: 'COMPLETED' })
    const ran = await ranOf(place, ids)
    t.ok(mostAtOnce(ran) <= 2, `${mostAtOnce(ran)} at once`)
    const left = await rows(place.database.db, 'select from batchyard.cap where running <> 0')
    t.equal(left.length, 0, 'nothing is counted any more')
  })

  t.test('of one server each (BATCH_SERVER_CAPS)', async t => {
    const jobXML = `<job id="heavy" xmlns="http://xmlns.jcp.org/xml/ns/javaee" version="1.0">
      <step id="s"><batchlet ref="takes"><properties><property name="ms" value="300"/></properties></batchlet></step></job>`
    const submit = async () =>
      (await servers[0]!.call('POST', '/jobinstances', { applicationName: 'gated', jobXML })).json
        .instanceId as number
    const ids = await Promise.all(Array.from({ length: 15 }, submit))
    for (const id of ids) t.match(await servers[0]!.ended(id), { batchStatus: 'COMPLETED' })
    const byServer = Map.groupBy(await ranOf(place, ids), ({ server }) => server)
    for (const [server, ran] of byServer) t.equal(mostAtOnce(ran), 1, server)
    t.ok(byServer.size > 1, 'what one may not take, others do')
  })
})
