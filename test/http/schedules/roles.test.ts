// Who may do what with definitions, schedules and runs, by the roles of Liberty.
import { mkdtemp, realpath, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import t from 'tap'
import { buildApp } from '../../support/build-app.ts'
import { as, writeUsersFile } from '../../support/users.ts'
import { clientOf, type Method, quickDefinition } from './scheduling-client.ts'

const directory = await realpath(await mkdtemp(path.join(tmpdir(), 'batchyard-schedules-')))
t.teardown(() => rm(directory, { recursive: true, force: true }))
const app = await buildApp(t, { BATCH_USERS_FILE: await writeUsersFile(directory) })
const admin = clientOf(app, as('admin'))
await quickDefinition(admin)
const SCHEDULE = { definition: 'quick', when: { cron: '0 0 1 1 *' } }
await admin.post('/schedules', { name: 'yearly', ...SCHEDULE })

const jsl = '<job id="j" xmlns="http://xmlns.jcp.org/xml/ns/javaee" version="1.0"/>'
const MANAGING: readonly [Method, string, unknown?][] = [
  ['POST', '/definitions', { name: 'mine', application: 'SimpleBatchJob', jsl }],
  ['POST', '/definitions/quick/versions', { jsl }],
  ['PATCH', '/definitions/quick', { description: 'x' }],
  ['DELETE', '/definitions/quick'],
  ['POST', '/schedules', { name: 'mine', ...SCHEDULE }],
  ['PUT', '/schedules/yearly', { when: SCHEDULE.when }],
  ['DELETE', '/schedules/yearly'],
  ['POST', '/schedules/yearly/activate'],
  ['POST', '/schedules/yearly/deactivate'],
  ['PUT', '/maintenance', { on: true }]
]

t.test(
  'R000-6 R004-1 R004-60 definitions, schedules and maintenance are managed by administrators alone',
  async t => {
    for (const user of ['bob', 'mona', 'gina', 'nobody'])
      for (const [method, url, body] of MANAGING) {
        const { status, json } = await clientOf(app, as(user)).ask(method, url, {
          body,
          headers: { 'if-match': '*' }
        })
        t.equal(status, 401, `${user} ${method} ${url}`)
        t.match(json, { code: 'RoleMissing', detail: /CWWKY0303W/ })
      }
    t.equal((await admin.get('/schedules/yearly')).status, 200)
  }
)

t.test(
  'R000-7 whoever has a role reads definitions, schedules and histories; without one nobody does',
  async t => {
    const urls = [
      '/definitions',
      '/definitions/quick',
      '/definitions/quick/jsl',
      '/definitions/quick/versions',
      '/definitions/quick/history',
      '/schedules',
      '/schedules/yearly',
      '/schedules/yearly/next',
      '/schedules/yearly/decisions',
      '/schedules/yearly/history',
      '/schedules/history',
      '/maintenance'
    ]
    for (const url of urls) {
      for (const user of ['bob', 'mona', 'gina'])
        t.equal((await clientOf(app, as(user)).get(url)).status, 200, url)
      t.equal((await clientOf(app, as('nobody')).get(url)).status, 401, url)
    }
  }
)

t.test('submitters run; they see runs of their own and of schedules, monitors see all', async t => {
  const bob = clientOf(app, as('bob'))
  const alice = clientOf(app, as('alice'))
  const own = await bob.post('/definitions/quick/run')
  t.match(own.json, { submitter: 'bob' })
  const scheduled = await bob.post('/schedules/yearly/run')
  t.match(scheduled.json, { submitter: 'bob', schedule: 'yearly' })
  await admin.ended(own.json.instanceId)
  await admin.ended(scheduled.json.instanceId)
  for (const user of ['mona', 'gina', 'nobody']) {
    const { json } = await clientOf(app, as(user)).post('/definitions/quick/run')
    t.match(json, { status: 401, code: 'SubmitNotAuthorized', detail: /CWWKY0304W/ })
    t.equal((await clientOf(app, as(user)).post('/schedules/yearly/run')).status, 401)
  }
  const seen = async (client: typeof bob) =>
    (await client.get('/definitions/quick/history')).json.items.map(
      (run: { instanceId: number }) => run.instanceId
    )
  t.same(await seen(bob), [scheduled.json.instanceId, own.json.instanceId])
  t.same(await seen(alice), [scheduled.json.instanceId])
  t.same(await seen(clientOf(app, as('mona'))), [scheduled.json.instanceId, own.json.instanceId])
  t.match((await alice.get(`/runs/${own.json.instanceId}`)).json, { status: 401, detail: /CWWKY0302W/ })
  t.equal((await alice.get(`/runs/${scheduled.json.instanceId}`)).status, 200)
  t.equal((await bob.get(`/runs/${own.json.instanceId}`)).status, 200)
})

t.test(
  'the server’s own batches are run by administrators alone: what they do concerns everybody',
  async t => {
    const bob = clientOf(app, as('bob'))
    const own = { name: 'purge-each-year', definition: 'BATCH_DESTRUCT_HISTO', when: SCHEDULE.when }
    t.equal((await admin.post('/schedules', own)).status, 201)
    for (const url of [
      '/schedules/BATCH_DESTRUCT_HISTO/run',
      '/schedules/purge-each-year/run',
      '/definitions/BATCH_DESTRUCT_HISTO/run',
      '/batches/BATCH_DESTRUCT_HISTO'
    ])
      t.match(
        (await bob.post(url, url.startsWith('/batches') ? {} : { parameters: { days: '0' } })).json,
        { status: 401, code: 'RoleMissing' },
        url
      )
    const { json } = await admin.post('/schedules/BATCH_VACUUM/run')
    t.match(await admin.ended(json.instanceId), { batchStatus: 'COMPLETED', submitter: 'admin' })
  }
)
