// However a server, a thread or a job ends: no process of a command outlives it.
import path from 'node:path'
import t, { type Test } from 'tap'
import { batchClient } from '../../support/batch-client.ts'
import { serverPlace, startServer } from '../../support/server-process.ts'
import { folderWith } from '../support.ts'
import { allGone, idsIn, isAtWork, scriptOfThree } from './processes.ts'

const place = await serverPlace(t)
const pids = path.join(place.directory, 'pids')

const attribute = (text: string) =>
  text.replaceAll('&', '&amp;').replaceAll('"', '&quot;').replaceAll('<', '&lt;').replaceAll('\n', '&#10;')

const jobOf = (begin: string) => `<job xmlns="https://jakarta.ee/xml/ns/jakartaee" version="2.0" id="shell">
  <step id="wait"><batchlet ref="shellBatchlet"><properties>
    <property name="script" value="${attribute(scriptOfThree(`${pids}-#{jobParameters['name']}`, begin))}"/>
    <property name="graceSeconds" value="3600"/>
  </properties></batchlet></step>
</job>`
const apps = await folderWith(t, {
  'app/batch-jobs/waiting.xml': jobOf(''),
  'app/batch-jobs/deaf.xml': jobOf("trap '' TERM")
})
const settings = { BATCH_APPS_DIR: apps, BATCH_SHELL: 'packaged', BATCH_STOP_GRACE_SECONDS: '1' }

for (const isolation of ['thread', 'process']) {
  const begun = async (t: Test, job: string) => {
    const server = await startServer(t, place, { ...settings, BATCH_ISOLATION: isolation })
    const name = `${isolation}-${server.pid}`
    const client = batchClient(server)
    const instanceId = await client.submit('app', job, { name })
    const ids = await idsIn(`${pids}-${name}`)
    t.same(await Promise.all(ids.map(isAtWork)), [true, true, true])
    return { server, client, instanceId, ids }
  }

  t.test(`kill -9 of the server ends a command that ignores SIGTERM (${isolation})`, async t => {
    const { server, ids } = await begun(t, 'deaf')
    server.kill('SIGKILL')
    await server.ended
    await allGone(ids)
  })

  t.test(`a stop ends a command, and its job is STOPPED (${isolation})`, async t => {
    const { client, instanceId, ids, server } = await begun(t, 'waiting')
    await client.call('PUT', `/jobinstances/${instanceId}?action=stop`)
    t.match(await client.ended(instanceId), { batchStatus: 'STOPPED' })
    await allGone(ids)
    await server.stop()
  })

  t.test(`a thread that is ended by force takes its command along (${isolation})`, async t => {
    const { client, instanceId, ids, server } = await begun(t, 'deaf')
    await client.call('PUT', `/jobinstances/${instanceId}?action=stop`)
    t.match(await client.ended(instanceId), { batchStatus: 'STOPPED' })
    await allGone(ids)
    await server.stop()
  })

  t.test(`a server that shuts down leaves no command behind (${isolation})`, async t => {
    const { server, ids } = await begun(t, 'waiting')
    t.equal((await server.stop()).code, 0)
    await allGone(ids)
  })
}
