// Holds on a whole server with users: what is held is taken by no purge of any kind, and whoever purges at that moment has lost, or won.
import t from 'tap'
import { rows } from '../../../src/store/database.ts'
import { buildApp } from '../../support/build-app.ts'
import { as, writeUsersFile } from '../../support/users.ts'
import { BATCH } from '../liberty/real-app.ts'
import { clientOf, quickDefinition } from '../schedules/scheduling-client.ts'

const app = await buildApp(t, {
  BATCH_USERS_FILE: await writeUsersFile(t.testdir()),
  BATCH_OPERATION_GROUPS: '{"job:quick":"finance"}'
})
const { db } = app.database
const clientAs = (user: string) => clientOf(app, as(user))
const admin = clientAs('admin')
await quickDefinition(admin)

async function ranBy(user: string): Promise<number> {
  const { instanceId } = (await clientAs(user).post('/definitions/quick/run')).json
  await admin.ended(instanceId)
  return instanceId
}

const hold = (user: string, id: number, reason: string) =>
  clientAs(user).ask('PUT', `/instances/${id}/hold`, { body: { reason } })
const release = (user: string, id: number) => clientAs(user).ask('DELETE', `/instances/${id}/hold`)
const remove = async (url: string, user = 'admin') =>
  await app.http.inject({ method: 'DELETE', url: `${BATCH}${url}`, headers: as(user) })
const isThere = async (id: number) => (await admin.get(`/runs/${id}`)).status === 200

t.test('a held instance is shown as such, and no purge takes it or its logs', async t => {
  const id = await ranBy('bob')
  t.match((await admin.get(`/instances/${id}/hold`)).json, { status: 404, code: 'NoSuchHold' })
  const held = await hold('bob', id, 'the auditors want it')
  t.equal(held.status, 200)
  t.match(held.json, { instanceId: id, reason: 'the auditors want it', heldBy: 'bob', since: /^20.*Z$/ })
  t.same((await clientAs('mona').get(`/instances/${id}/hold`)).json, held.json)
  t.match((await admin.get(`/runs/${id}`)).json, { hold: { reason: 'the auditors want it', heldBy: 'bob' } })

  for (const url of [
    `/jobinstances/${id}`,
    `/jobinstances/${id}?purgeJobStoreOnly=true`,
    `/jobinstances/${id}/joblogs`
  ]) {
    const answer = await remove(url)
    t.match(answer.json(), { status: 409, code: 'InstanceHeld', detail: /by bob.*the auditors want it/ }, url)
  }
  const other = await ranBy('bob')
  for (const more of ['', '&purgeJobStoreOnly=true'])
    t.match(
      (await remove(`/v2/jobinstances?jobInstanceId=${id},${other}${more}`))
        .json()
        .find((one: { instanceId: number }) => one.instanceId === id),
      { purgeStatus: 'FAILED', message: /the auditors want it/ }
    )
  t.notOk(await isThere(other), 'the others are purged all the same')

  await rows(
    db,
    `update job_instance set last_updated_time = clock_timestamp() - interval '40 days' where instance_id = :id`,
    { id }
  )
  for (const code of ['BATCH_DESTRUCT_HISTO', 'BATCH_DESTRUCT_LOGS', 'BATCH_ARCHIVAGE']) {
    const run = (await admin.post(`/schedules/${code}/run`)).json
    t.match(await admin.ended(run.instanceId), { batchStatus: 'COMPLETED' }, code)
    t.ok(await isThere(id), code)
  }
  const log = await app.http.inject({
    url: `${BATCH}/jobinstances/${id}/joblogs?type=text`,
    headers: as('bob')
  })
  t.match(log.body, /CWWKY0009I/)

  await t.test('also after a restart of the server', async t => {
    const other = await buildApp(t, { BATCH_DATABASE_URL: app.database.url })
    t.match((await other.http.inject(`/api/v1/instances/${id}/hold`)).json(), { heldBy: 'bob' })
    const purge = await other.http.inject({
      method: 'DELETE',
      url: `${BATCH}/jobinstances/${id}?purgeJobStoreOnly=true`
    })
    t.equal(purge.statusCode, 409)
  })

  t.equal((await release('bob', id)).status, 204)
  t.match((await release('bob', id)).json, { status: 404, code: 'NoSuchHold' })
  t.equal((await remove(`/jobinstances/${id}`)).statusCode, 200)
  t.match((await hold('admin', id, 'late')).json, { status: 404, code: 'NoSuchJobInstance' })

  const entries = (await admin.get(`/audit?target=instance:${id}`)).json.items
  t.match(
    entries.map(({ who, what, reason }: Record<string, unknown>) => ({ who, what, reason })),
    [
      { who: 'admin', what: 'instance.purge' },
      { who: 'bob', what: 'instance.release' },
      { who: 'bob', what: 'instance.hold', reason: 'the auditors want it' },
      { who: 'bob', what: 'instance.submit' }
    ]
  )
})

t.test('whoever may purge it may hold it; what another one holds, administrators alone let go', async t => {
  const id = await ranBy('bob')
  for (const user of ['alice', 'mona', 'gus', 'olga']) {
    t.match((await hold(user, id, 'x')).json, { status: 401, code: 'InstanceNotAuthorized' }, user)
    t.match((await release(user, id)).json, { status: 401, code: 'InstanceNotAuthorized' }, user)
  }
  t.match((await hold('nobody', id, 'x')).json, { status: 401, code: 'RoleMissing' })
  t.equal((await clientAs('alice').get(`/instances/${id}/hold`)).status, 401)
  t.equal((await hold('gina', id, 'of the group')).status, 200)
  for (const answer of [await hold('bob', id, 'mine'), await release('bob', id)])
    t.match(answer.json, { status: 401, code: 'RoleMissing' })
  t.equal((await hold('gina', id, 'of the group, still')).status, 200)
  t.match((await hold('admin', id, 'of the house')).json, { reason: 'of the house', heldBy: 'gina' })
  t.equal((await release('admin', id)).status, 204)
})

t.test('a hold without a reason, or with more than that, is none', async t => {
  const id = await ranBy('admin')
  for (const body of [{}, { reason: '' }, { reason: 'x', until: 'tomorrow' }, { reason: 'a\u0000b' }, null])
    t.equal((await admin.ask('PUT', `/instances/${id}/hold`, { body })).status, 400, JSON.stringify(body))
  t.equal((await admin.get(`/instances/${id}/hold`)).status, 404)
  t.equal((await admin.get('/instances/abc/hold')).status, 400)
})

t.test('all holds are listed in pages, to each those of the instances that he sees', async t => {
  const ids: number[] = []
  for (const user of ['bob', 'alice', 'bob', 'admin']) ids.push(await ranBy(user))
  const mine = new Set(ids)
  for (const id of ids) await hold('admin', id, `reason ${id}`)
  const [first, second, third, fourth] = ids as [number, number, number, number]
  await release('admin', third)
  await hold('bob', third, 'his own')

  async function listed(user: string, query = ''): Promise<number[]> {
    const found: number[] = []
    for (let token: string | null = ''; token !== null;) {
      const { json, status } = await clientAs(user).get(
        `/holds?limit=1${query}${token === '' ? '' : `&token=${token}`}`
      )
      t.equal(status, 200)
      t.ok(json.items.length <= 1)
      found.push(...json.items.map((item: { instanceId: number }) => item.instanceId))
      token = json.nextToken
    }
    return found.filter(id => mine.has(id))
  }
  t.same(await listed('admin'), [fourth, third, second, first])
  t.same(await listed('mona'), [fourth, third, second, first])
  t.same(await listed('bob'), [third, first], 'a submitter: of his own')
  t.same(await listed('alice'), [second])
  t.same(await listed('gus'), [fourth, third, second, first], 'of an operation group')
  t.same(await listed('olga'), [], 'of another group')
  t.same(await listed('admin', '&heldBy=bob'), [third])
  t.same(await listed('admin', '&heldBy=adm*'), [fourth, second, first])
  t.match((await clientAs('nobody').get('/holds')).json, { status: 401, code: 'RoleMissing' })
  const [item] = (await admin.get('/holds?limit=1')).json.items
  t.match(item, {
    instanceId: fourth,
    jobName: 'quick',
    instanceState: 'COMPLETED',
    reason: `reason ${fourth}`,
    heldBy: 'admin',
    since: /Z$/
  })
  const foreign = (await admin.get('/audit?limit=1')).json.nextToken
  for (const query of ['limit=0', 'limit=1001', 'holder=bob', 'token=x', `token=${foreign}`, 'heldBy=%00'])
    t.equal((await admin.get(`/holds?${query}`)).status, 400, query)
})

t.test('of a hold and a purge at one moment exactly one wins', async t => {
  const won = { hold: 0, purge: 0 }
  for (let round = 0; round < 30; round++) {
    const id = await ranBy('admin')
    const first = round % 2 === 0 ? remove(`/jobinstances/${id}`) : null
    const [held, purged] = await Promise.all([
      hold('admin', id, 'race'),
      first ?? remove(`/jobinstances/${id}`)
    ])
    const there = await isThere(id)
    t.ok(
      there
        ? purged.statusCode === 409 && held.status === 200
        : purged.statusCode === 200 && [404, 409].includes(held.status),
      `${purged.statusCode} ${held.status} ${there ? 'there' : 'gone'}`
    )
    won[there ? 'hold' : 'purge']++
  }
  t.comment(JSON.stringify(won))
})
