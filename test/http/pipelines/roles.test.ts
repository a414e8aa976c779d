// Who may do what with batches of pipelines, by the roles of Liberty.
import { mkdtemp, realpath, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import t from 'tap'
import { buildApp } from '../../support/build-app.ts'
import { as, writeUsersFile } from '../../support/users.ts'
import { clientOf } from '../schedules/scheduling-client.ts'
import { instanceOf, pipeline, sleeping, started, step } from './pipeline-client.ts'

const directory = await realpath(await mkdtemp(path.join(tmpdir(), 'batchyard-pipelines-')))
t.teardown(() => rm(directory, { recursive: true, force: true }))
const app = await buildApp(t, { BATCH_USERS_FILE: await writeUsersFile(directory) })
const client = (user: string) => clientOf(app, as(user))
const admin = client('admin')
await pipeline(admin, 'quick', step('only', 'simpleBatchlet'))
await pipeline(admin, 'sleeps', sleeping('s'))

t.test('R003-13 nobody and wrong passwords are refused with a message, as in the batch API', async t => {
  const nobody = await clientOf(app).get('/batches/quick')
  t.match(nobody, { status: 401, json: { code: 'CredentialsMissing', message: String } })
  t.match((await clientOf(app, as('admin', 'wrong')).get('/batches/quick')).json, {
    status: 403,
    code: 'CredentialsWrong',
    message: String
  })
})

t.test('batchSubmitter and batchAdmin run pipelines, the other roles do not', async t => {
  for (const user of ['mona', 'gina', 'nobody'])
    t.match((await client(user).post('/batches/quick')).json, {
      status: 401,
      code: 'SubmitNotAuthorized',
      message: /CWWKY0304W/
    })
  for (const user of ['bob', 'admin']) t.equal((await client(user).post('/batches/quick')).status, 200, user)
  t.match((await client('bob').post('/batches/BATCH_VACUUM')).json, { status: 401, code: 'RoleMissing' })
})

t.test('a submitter sees and changes batches of his own; a monitor sees all and changes none', async t => {
  const own = await started(client('bob'), 'sleeps')
  const foreign = await started(client('alice'), 'sleeps')
  t.equal((await client('bob').get('/batches/sleeps')).json.id, own, 'the newest of his')
  t.same(Object.keys((await client('bob').get('/batches/sleeps/')).json.items), [own])
  t.same(Object.keys((await client('mona').get('/batches/sleeps/')).json.items), [foreign, own])
  t.match((await client('bob').get(`/batches/sleeps/${foreign}`)).json, {
    status: 401,
    message: /CWWKY0302W/
  })
  for (const user of ['bob', 'mona', 'gina'])
    for (const [method, url] of [
      ['PUT', `/batches/sleeps/${foreign}/stop`],
      ['DELETE', `/batches/sleeps/${foreign}`]
    ] as const)
      t.equal((await client(user).ask(method, url)).status, 401, `${user} ${method}`)
  t.equal((await client('nobody').get('/batches/sleeps')).json.code, 'RoleMissing')
  t.match(
    (await client('mona').get(`/batches/sleeps/${foreign}`)).json.state,
    { state: /pending|running/ },
    'untouched'
  )
  t.equal((await client('bob').ask('PUT', `/batches/sleeps/${own}/stop`)).status, 200)
  t.equal((await client('bob').ask('DELETE', `/batches/sleeps/${own}`)).status, 200)
  t.equal((await admin.ask('DELETE', `/batches/sleeps/${foreign}`)).status, 200)
})

t.test(
  'batches of a schedule are seen by all who see any; they are changed by their submitter and administrators',
  async t => {
    await admin.post('/schedules', { name: 'yearly', definition: 'quick', when: { cron: '0 0 1 1 *' } })
    const { instanceId } = (await client('bob').post('/schedules/yearly/run')).json
    await admin.ended(instanceId)
    t.equal((await client('alice').get('/batches/quick')).json.id, `batch-${instanceId}`)
    t.equal((await client('alice').get(`/batches/quick/batch-${instanceId}`)).status, 200)
    t.equal((await client('alice').ask('DELETE', `/batches/quick/batch-${instanceId}`)).status, 401)
    t.equal(instanceOf(`batch-${instanceId}`), instanceId)
  }
)
