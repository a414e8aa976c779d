// Purge plans on a whole server with users: what is told is what is done, once, to what has not changed, and with whose rights.
import t from 'tap'
import { rows } from '../../src/store/database.ts'
import { buildApp } from '../support/build-app.ts'
import { as, writeUsersFile } from '../support/users.ts'
import { until } from '../support/until.ts'
import { clientOf, quickDefinition, sleepyDefinition } from '../http/schedules/scheduling-client.ts'
import { BATCH } from '../http/liberty/real-app.ts'

const app = await buildApp(t, {
  BATCH_USERS_FILE: await writeUsersFile(t.testdir()),
  BATCH_OPERATION_GROUPS: '{"job:grouped":"finance"}'
})
const { db } = app.database
const clientAs = (user: string) => clientOf(app, as(user))
const admin = clientAs('admin')
await quickDefinition(admin)
await quickDefinition(admin, 'grouped')
await sleepyDefinition(admin, 'sleepy')

async function ranBy(user: string, mark: string, definition = 'quick'): Promise<number> {
  const { instanceId } = (
    await clientAs(user).post(`/definitions/${definition}/run`, { parameters: { mark } })
  ).json
  await admin.ended(instanceId)
  return instanceId
}

const planned = (user: string, filter: object, more: object = {}) =>
  clientAs(user).post('/purge-plans', { filter, ...more })
const isThere = async (id: number) => (await admin.get(`/runs/${id}`)).status === 200

/** What became of it. */
async function executed(user: string, planId: number) {
  const begun = await clientAs(user).post(`/purge-plans/${planId}/execute`)
  if (begun.status !== 202) throw new Error(begun.text)
  return await until('the plan is done', async () => {
    const { json } = await clientAs(user).get(begun.json.href.replace('/api/v1', ''))
    return json.state === 'Done' ? json : null
  })
}

t.test('a plan tells what would go, and its execution takes that, once', async t => {
  const ids = [await ranBy('bob', 'a'), await ranBy('alice', 'a'), await ranBy('bob', 'a')]
  const held = await ranBy('bob', 'a')
  await admin.ask('PUT', `/instances/${held}/hold`, { body: { reason: 'kept' } })
  const asleep = (await admin.post('/definitions/sleepy/run', { parameters: { mark: 'a' } })).json.instanceId
  const other = await ranBy('bob', 'b')

  const made = await planned('admin', { 'jobParameter.mark': 'a' })
  t.equal(made.status, 201)
  t.match(made.json, { instances: 3, held: 1, expires: /^20.*Z$/ })
  t.ok(made.json.bytes > 500, `${made.json.bytes} bytes of logs`)
  const { planId } = made.json
  t.equal(made.headers.location, `/api/v1/purge-plans/${planId}`)
  t.match((await admin.get(`/purge-plans/${planId}`)).json, {
    state: 'Planned',
    purged: 0,
    changed: 0,
    held: 1,
    failed: 0,
    instanceId: null
  })
  for (const id of ids) t.ok(await isThere(id), 'nothing is done yet')

  const done = await executed('admin', planId)
  t.match(done, { state: 'Done', purged: 3, changed: 0, held: 1, failed: 0, instances: 3 })
  for (const id of ids) t.notOk(await isThere(id))
  for (const id of [held, asleep, other]) t.ok(await isThere(id))
  t.match((await admin.post(`/purge-plans/${planId}/execute`)).json, { status: 409, code: 'PurgePlanState' })

  t.match(await admin.ended(done.instanceId), { definition: 'BATCH_PURGE_PLAN', batchStatus: 'COMPLETED' })
  const log = await app.http.inject({
    url: `${BATCH}/jobinstances/${done.instanceId}/joblogs?type=text`,
    headers: as('admin')
  })
  t.match(log.body, new RegExp(`Purge plan ${planId}: purged 3`))
  t.match(
    (await admin.get(`/audit?target=purge-plan:${planId}`)).json.items.map(
      ({ who, what }: Record<string, string>) => `${who} ${what}`
    ),
    ['admin purge-plan.execute', 'admin purge-plan.create']
  )
  t.match((await admin.get(`/audit?target=instance:${ids[1]}&what=instance.purge`)).json.items, [
    { who: 'admin' }
  ])
  await app.http.inject({
    method: 'PUT',
    url: `${BATCH}/jobinstances/${asleep}?action=stop`,
    headers: as('admin')
  })
})

t.test('what changed since, was held since, or is gone is left, and told', async t => {
  const purged = await ranBy('admin', 'c')
  const changed = await ranBy('admin', 'c')
  const heldSince = await ranBy('admin', 'c')
  const gone = await ranBy('admin', 'c')
  const { planId, instances } = (await planned('admin', { 'jobParameter.mark': 'c' })).json
  t.equal(instances, 4)
  // As a restart does that has ended again.
  await rows(
    db,
    'update job_instance set last_updated_time = clock_timestamp() where instance_id = :changed',
    {
      changed
    }
  )
  await admin.ask('PUT', `/instances/${heldSince}/hold`, { body: { reason: 'kept' } })
  await app.http.inject({ method: 'DELETE', url: `${BATCH}/jobinstances/${gone}`, headers: as('admin') })
  t.match(await executed('admin', planId), { purged: 1, changed: 2, held: 1, failed: 0 })
  t.notOk(await isThere(purged))
  t.ok(await isThere(changed))
  t.ok(await isThere(heldSince))
})

t.test('purgeJobStoreOnly leaves the log files', async t => {
  const id = await ranBy('admin', 'd')
  const made = await planned('admin', { 'jobParameter.mark': 'd' }, { purgeJobStoreOnly: true })
  t.match(made.json, { instances: 1, bytes: 0 })
  t.match(await executed('admin', made.json.planId), { purged: 1 })
  t.equal((await rows(db, 'select from kept_job_log where instance_id = :id', { id })).length, 1)
})

t.test('a plan holds only what its maker may purge, and only he or an administrator executes it', async t => {
  const mine = await ranBy('bob', 'e')
  const hers = await ranBy('alice', 'e')
  const ours = await ranBy('bob', 'e', 'grouped')
  const filter = { 'jobParameter.mark': 'e' }
  const counts: Record<string, number> = { admin: 3, bob: 2, alice: 1, gina: 1, olga: 0, sam: 0, sigi: 0 }
  for (const [user, instances] of Object.entries(counts))
    t.match((await planned(user, filter)).json, { instances }, user)
  for (const user of ['mona', 'gus', 'nobody'])
    t.match((await planned(user, filter)).json, { status: 401, code: 'RoleMissing' }, user)

  const { planId } = (await planned('bob', filter)).json
  for (const user of ['alice', 'gina', 'sigi'])
    t.equal((await clientAs(user).get(`/purge-plans/${planId}`)).status, 401, user)
  t.equal((await clientAs('mona').get(`/purge-plans/${planId}`)).status, 200)
  for (const user of ['alice', 'mona', 'nobody'])
    t.equal((await clientAs(user).post(`/purge-plans/${planId}/execute`)).status, 401, user)
  t.match(await executed('bob', planId), { purged: 2, failed: 0 })
  t.notOk(await isThere(mine))
  t.notOk(await isThere(ours))
  t.ok(await isThere(hers))

  const again = await ranBy('bob', 'e', 'grouped')
  const group = (await planned('gina', filter)).json
  t.match(await executed('gina', group.planId), { purged: 1 })
  t.notOk(await isThere(again))
})

t.test('no filter, or what is none, is refused and names the field', async t => {
  const wrong: readonly (readonly [object, string])[] = [
    [{ filter: {} }, 'filter'],
    [{ filter: { ignoreCase: true } }, 'filter'],
    [{ filter: { colour: 'red' } }, 'filter.colour'],
    [{ filter: { jobName: 'quick', pageSize: 5 } }, 'filter.pageSize'],
    [{ filter: { jobName: '' } }, 'filter.jobName'],
    [{ filter: { instanceState: 'LOST' } }, 'filter.instanceState'],
    [{ filter: { createTime: 'yesterday' } }, 'filter.createTime'],
    [{}, 'filter'],
    [{ filter: { jobName: 'quick' }, pageSize: 1 }, 'pageSize']
  ]
  for (const [body, path] of wrong) {
    const { status, json } = await admin.post('/purge-plans', body)
    t.equal(status, 400, JSON.stringify(body))
    t.ok(
      json.errors?.some((error: { path: string }) => error.path === path),
      JSON.stringify(json)
    )
  }
  t.match((await admin.get('/purge-plans/999999')).json, { status: 404, code: 'NoSuchPurgePlan' })
  t.match((await admin.post('/purge-plans/999999/execute')).json, { status: 404 })
})

t.test('an expired plan is not executed; nor is one without the run that was made for it', async t => {
  await ranBy('admin', 'f')
  const { planId } = (await planned('admin', { 'jobParameter.mark': 'f', jobName: ['quick', 'x'] })).json
  const run = (await admin.post('/definitions/BATCH_PURGE_PLAN/run', { parameters: { plan: `${planId}` } }))
    .json
  t.match(await admin.ended(run.instanceId), {
    batchStatus: 'FAILED',
    steps: [{ message: /executes no purge plan/ }]
  })
  await rows(
    db,
    `update purge_plan set expires = clock_timestamp() - interval '1 second' where plan_id = :planId`,
    {
      planId
    }
  )
  t.match((await admin.get(`/purge-plans/${planId}`)).json, { state: 'Expired' })
  t.match((await admin.post(`/purge-plans/${planId}/execute`)).json, {
    status: 409,
    code: 'PurgePlanState',
    detail: /expired/
  })
})
