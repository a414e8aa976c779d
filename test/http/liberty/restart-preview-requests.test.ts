// Requests with `dryRun=true`: which are read, what is told of parameters and definitions, who may ask, and that nothing starts.
import { writeFile } from 'node:fs/promises'
import path from 'node:path'
import t from 'tap'
import { buildApp } from '../../support/build-app.ts'
import { as, writeUsersFile } from '../../support/users.ts'
import { clientOf } from '../schedules/scheduling-client.ts'
import { ARTIFACTS, BATCH, FAILS, gate, numbers, previewedJobs } from './previewed-jobs.ts'

const XMLNS = 'xmlns="http://xmlns.jcp.org/xml/ns/javaee" version="1.0"'
const packaged = (more = '') => `<job id="packaged" ${XMLNS}>${gate('a')}${more}</job>`
const apps = t.testdir({
  Shapes: { 'artifacts.js': ARTIFACTS, 'batch-jobs': { 'packaged.xml': packaged() } }
})
const app = await buildApp(t, { BATCH_APPS_DIR: apps })
const { ask, ran, preview, compared, ended } = previewedJobs(app)
const client = clientOf(app)

t.test('every version has it, for instances and for executions; nothing starts', async t => {
  const id = await ran(gate('a'), { a: FAILS })
  const { executionId } = (await ask('GET', `/jobinstances/${id}/jobexecutions`)).json[0]
  for (const version of ['', '/v1', '/v2', '/v3', '/v4'])
    for (const url of [`/jobinstances/${id}`, `/jobexecutions/${executionId}`])
      for (const query of [
        'action=restart&dryRun=true',
        'dryRun=TRUE&action=RESTART',
        'action=restart&dryrun=true'
      ]) {
        const { status, json } = await ask('PUT', `${version}${url}?${query}`)
        t.match(
          { status, json },
          { status: 200, json: { restartable: true, steps: [{ stepName: 'a', will: 'run' }] } }
        )
      }
  t.equal((await ask('GET', `/jobinstances/${id}/jobexecutions`)).json.length, 1)
  t.equal((await client.get(`/audit?target=instance:${id}&what=instance.restart`)).json.items.length, 0)
})

t.test('what is no true or false, and a stop, are refused: nobody wanted the real thing', async t => {
  const id = await ran(gate('a'), { a: FAILS })
  for (const query of [
    'action=restart&dryRun=yes',
    'action=restart&dryRun=',
    'action=restart&dryrun=1',
    'action=stop&dryRun=true'
  ])
    t.match(
      await ask('PUT', `/jobinstances/${id}?${query}`),
      { status: 400, json: { code: 'ParameterInvalid', errors: [{ path: 'dryRun' }] } },
      query
    )
  t.equal((await ask('GET', `/jobinstances/${id}/jobexecutions`)).json.length, 1)
  t.match((await ask('PUT', '/jobinstances/999999?action=restart&dryRun=true')).json, {
    status: 404,
    detail: /CWWKY0151E/
  })
  t.equal((await ask('PUT', '/jobexecutions/999999?action=restart&dryRun=true')).status, 404)
  t.equal((await ask('PUT', '/jobinstances/abc?action=restart&dryRun=true')).status, 400)
  const { status } = await ask('PUT', `/jobinstances/${id}?action=restart&dryRun=true`, {
    jobParameters: { a: 5 }
  })
  t.equal(status, 400, 'a parameter that is no string')
  t.equal(
    (await ask('PUT', `/jobinstances/${id}?action=restart&dryRun=false`)).json.instanceId,
    id,
    'a restart'
  )
  await ended(id)
})

t.test('parameters before and after, with reusePreviousParams as the restart has it', async t => {
  const id = await ran(gate('a'), { a: FAILS, day: '1', password: 'hunter2' })
  t.same((await preview(id, { day: '2', password: 'swordfish' })).parameters, {
    a: { before: 'true', after: null },
    day: { before: '1', after: '2' },
    password: { before: '********', after: '********' }
  })
  t.same((await preview(id, { more: 'x' }, '&reusePreviousParams=true')).parameters, {
    a: { before: 'true', after: 'true' },
    day: { before: '1', after: '1' },
    password: { before: '********', after: '********' },
    more: { before: null, after: 'x' }
  })
})

t.test('secrets are masked in checkpoints too, and what a definition declares secret is one', async t => {
  const chunk = await ran(numbers('a'), { a: '25', password: 'hunter2' })
  const { steps } = await preview(chunk, { password: 'swordfish' })
  t.match(steps[0]!.from!.readerCheckpoint, "{ at: 20, said: '********' }")
  const jsl = `<job id="pinned" ${XMLNS}>${gate('a')}</job>`
  const parameters = { pin: { secret: true }, a: { default: FAILS } }
  await client.post('/definitions', { name: 'pinned', application: 'Shapes', jsl, parameters })
  const { instanceId } = (await client.post('/definitions/pinned/run', { parameters: { pin: '4711' } })).json
  await ended(instanceId)
  const told = await preview(instanceId, { pin: '4712' })
  t.same(told.parameters['pin'], { before: '********', after: '********' })
  t.notMatch(JSON.stringify(told), /471[12]/)
})

t.test(
  'a definition that has changed since is told; the restart runs what it was submitted with',
  async t => {
    const jsl = (more: string) =>
      `<job id="versions" ${XMLNS}>${gate('a', more === '' ? '' : 'next="b"')}${more}</job>`
    await client.post('/definitions', {
      name: 'versions',
      application: 'Shapes',
      jsl: jsl(''),
      parameters: { a: { default: FAILS } }
    })
    const { instanceId } = (await client.post('/definitions/versions/run')).json
    await ended(instanceId)
    t.same((await preview(instanceId)).definition, { changed: false, note: null })
    await client.post('/definitions/versions/versions', { jsl: jsl(gate('b')) })
    const { foretold, execution } = await compared(t, instanceId)
    t.same(foretold.definition, { changed: true, note: 'it runs version 1, the latest is 2' })
    t.same(
      foretold.steps.map(({ stepName }) => stepName),
      ['a']
    )
    t.equal(execution.batchStatus, 'COMPLETED')

    const submitted = await ask('POST', '/jobinstances', {
      applicationName: 'Shapes',
      jobXMLName: 'packaged',
      jobParameters: { a: FAILS }
    })
    const id = submitted.json.instanceId
    await ended(id)
    t.match((await preview(id)).definition, { changed: false })
    await writeFile(path.join(apps, 'Shapes/batch-jobs/packaged.xml'), packaged('<!-- another -->'))
    const changed = await compared(t, id)
    t.match(changed.foretold.definition, { changed: true, note: /packaged of Shapes/ })
  }
)

t.test('what runs, what is not the newest, and maintenance: not restartable, with the reason', async t => {
  const id = await ran(gate('a'), { a: FAILS })
  const [first] = (await ask('GET', `/jobinstances/${id}/jobexecutions`)).json
  await compared(t, id, { a: FAILS })
  const old = await ask('PUT', `/jobexecutions/${first.executionId}?action=restart&dryRun=true`)
  t.match(old, { status: 200, json: { restartable: false, reason: /not the most recent/, steps: [] } })
  const { headers } = await client.get('/maintenance')
  const turn = async (on: boolean, etag: unknown) =>
    await client.ask('PUT', '/maintenance', {
      body: { on, reason: null },
      headers: { 'if-match': String(etag) }
    })
  const turned = await turn(true, headers['etag'])
  t.match(await preview(id), { restartable: false, reason: /maintenance/ })
  await turn(false, turned.headers['etag'])
  const waits = await ask('POST', '/jobinstances', {
    applicationName: 'Shapes',
    jobXMLName: 'packaged',
    jobParameters: { com_ibm_ws_batch_message_deliveryDelay: '600000' }
  })
  t.match(await preview(waits.json.instanceId), { restartable: false, reason: /waits to be run/ })
})

t.test('whoever may not restart a job may not try it out either', async t => {
  const guarded = await buildApp(t, {
    BATCH_APPS_DIR: apps,
    BATCH_USERS_FILE: await writeUsersFile(t.testdir())
  })
  const put = async (user: string, url: string) =>
    (await guarded.http.inject({ method: 'PUT', url: `${BATCH}${url}`, headers: as(user) })).statusCode
  const payload = { applicationName: 'Shapes', jobXMLName: 'packaged' }
  const submitted = await guarded.http.inject({
    method: 'POST',
    url: `${BATCH}/jobinstances`,
    headers: as('bob'),
    payload
  })
  const url = `/jobinstances/${submitted.json().instanceId}?action=restart&dryRun=true`
  for (const [user, status] of [
    ['bob', 200],
    ['admin', 200],
    ['alice', 401],
    ['mona', 401],
    ['gina', 401],
    ['nobody', 401]
  ] as const)
    t.equal(await put(user, url), status, user)
})
