// The whole server: whether a JSL came inline reaches each built-in artifact, in partitions and flows and after a restart too.
import t from 'tap'
import { batchClient } from '../../support/batch-client.ts'
import { buildApp } from '../../support/build-app.ts'
import { folderWith } from '../support.ts'
import { json, webServer } from './web-server.ts'

const server = await webServer(t, ({ path }, response) => json(response, { path, items: [1, 2, 3] }))
const job = (elements: string) =>
  `<job xmlns="https://jakarta.ee/xml/ns/jakartaee" version="2.0" id="calls">${elements}</job>`
const calling = (path: string) =>
  `<batchlet ref="httpBatchlet"><properties>
     <property name="url" value="${server.origin}${path}"/><property name="exitStatus" value="/path"/>
   </properties></batchlet>`

const JOBS = {
  step: (path: string) => job(`<step id="s">${calling(path)}</step>`),
  partition: (path: string) =>
    job(`<step id="s">${calling(path)}<partition><plan partitions="2"/></partition></step>`),
  flow: (path: string) =>
    job(`<split id="x"><flow id="f"><step id="s">${calling(path)}</step></flow>
      <flow id="g"><step id="r"><batchlet ref="httpBatchlet"><properties><property name="url" value="${server.origin}${path}"/></properties></batchlet></step></flow></split>`)
}

const apps = await folderWith(t, {
  'app/artifacts.ts': 'export const toNowhere = () => {}',
  ...Object.fromEntries(
    Object.entries(JOBS).map(([name, of]) => [`app/batch-jobs/${name}.xml`, of('/elsewhere')])
  )
})
const app = await buildApp(t, { BATCH_APPS_DIR: apps, BATCH_INLINE_URLS: `${server.origin}/allowed` })
const client = batchClient({ url: app.address() })

async function submitInline(jsl: string): Promise<number> {
  const form = new FormData()
  form.set('jobdata', new Blob([JSON.stringify({ applicationName: 'app' })], { type: 'application/json' }))
  form.set('jsl', new Blob([jsl], { type: 'application/xml' }))
  const answer = await client.call('POST', '/jobinstances', form)
  if (answer.status !== 201) throw new Error(answer.text)
  return answer.json.instanceId as number
}

for (const [name, of] of Object.entries(JOBS)) {
  t.test(`a ${name} of packaged JSL calls any URL, of inline JSL only what is listed`, async t => {
    server.asked.length = 0
    const packaged = await client.submit('app', name)
    t.equal((await client.ended(packaged)).batchStatus, 'COMPLETED')
    t.ok(server.asked.length > 0)
    const allowed = await submitInline(of('/allowed/x'))
    t.equal((await client.ended(allowed)).batchStatus, 'COMPLETED')
    server.asked.length = 0
    const refused = await submitInline(of('/elsewhere'))
    t.equal((await client.ended(refused)).batchStatus, 'FAILED')
    t.same(server.asked, [])
    const restarted = await client.call('PUT', `/jobinstances/${refused}?action=restart`)
    t.equal(restarted.status, 200, restarted.text)
    t.equal((await client.ended(refused)).batchStatus, 'FAILED', 'and so it is after a restart')
    t.same(server.asked, [])
  })
}

t.test('the job log says what was refused and which setting allows it', async t => {
  const instanceId = await submitInline(JOBS.step('/elsewhere'))
  await client.ended(instanceId)
  const [execution] = await client.get(`/jobinstances/${instanceId}/jobexecutions`)
  const log = await client.call('GET', `/jobexecutions/${execution.executionId}/joblogs?type=text`)
  t.match(
    log.text,
    /may not use the URL http:.*\/elsewhere; the URLs it may use \(BATCH_INLINE_URLS\) are: http/
  )
})

t.test('shellBatchlet is off in an inline JSL by default', async t => {
  const instanceId = await submitInline(
    job(
      `<step id="s"><batchlet ref="shellBatchlet"><properties><property name="command" value="true"/></properties></batchlet></step>`
    )
  )
  t.equal((await client.ended(instanceId)).batchStatus, 'FAILED')
})

t.test('a job reads pages over HTTP in chunks', async t => {
  const instanceId = await submitInline(
    job(`<step id="s"><chunk item-count="2"><reader ref="httpReader"><properties>
      <property name="url" value="${server.origin}/allowed/items"/><property name="items" value="/items"/>
      </properties></reader><writer ref="toNowhere"/></chunk></step>`)
  )
  const { batchStatus, executionId } = await client.ended(instanceId)
  t.equal(batchStatus, 'COMPLETED')
  const [step] = await client.get(`/jobexecutions/${executionId}/stepexecutions`)
  t.match(step.metrics, { READ_COUNT: '3', WRITE_COUNT: '3' })
})
