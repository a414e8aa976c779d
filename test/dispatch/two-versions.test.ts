// Two servers with different versions of one application, as in the middle of a rolling deployment: versions are not pinned, each
// part of a job runs with that of the server that takes it, and what a version lacks FAILS by name and is restarted elsewhere.
import { mkdir, writeFile } from 'node:fs/promises'
import path from 'node:path'
import t from 'tap'
import type { Json } from '../support/batch-client.ts'
import { until } from '../support/until.ts'
import { nameOf, placeOf, type RoleServer } from './servers-in-roles.ts'

const code = (version: string) => `import { existsSync } from 'node:fs'
  const held = async ({ jobParameters, signal }) => {
    while (!existsSync(jobParameters.go) && !signal.aborted) await new Promise(resolve => setTimeout(resolve, 10))
    return '${version}'
  }
  export { held }
  ${version === 'one' ? 'export const onlyInOne = held' : ''}`

const place = await placeOf(t)

async function serverWith(version: string): Promise<RoleServer> {
  const apps = path.join(place.directory, `apps-${version}`)
  await mkdir(path.join(apps, 'versioned/batch-jobs'), { recursive: true })
  await writeFile(path.join(apps, 'versioned/artifacts.js'), code(version))
  return await place.start(version, {
    BATCH_APPS_DIR: apps,
    BATCH_THREADS: '2',
    BATCH_RECOVERY: 'resume',
    BATCH_SHUTDOWN_SECONDS: '1'
  })
}

const [one, two] = await Promise.all([serverWith('one'), serverWith('two')])

async function submit(ref: string, go: string, partitions = 0): Promise<number> {
  const partition = partitions === 0 ? '' : `<partition><plan partitions="${partitions}"/></partition>`
  const jobXML = `<job id="job" xmlns="https://jakarta.ee/xml/ns/jakartaee" version="2.0">
    <step id="s"><batchlet ref="${ref}"/>${partition}</step></job>`
  const body = { applicationName: 'versioned', jobXML, jobParameters: { go } }
  const answer = await one.call('POST', '/jobinstances', body)
  if (answer.status !== 201) throw new Error(answer.text)
  return answer.json.instanceId as number
}

async function partitionsOf(instanceId: number): Promise<Json[]> {
  const [{ executionId }] = (await one.get(`/jobinstances/${instanceId}/jobexecutions`)) as [Json]
  const steps = (await one.get(`/jobexecutions/${executionId}/stepexecutions`)) as Json[]
  return (steps[0]?.partitions ?? []) as Json[]
}

t.test('both are shown, and whoever asks why is told', async t => {
  const versions = async () => JSON.stringify((await one.api('GET', '/applications')).json)
  await until('both have published what they have', async () => {
    const { rows } = (await place.database.db.raw(
      `select distinct version from batchyard.published_application where name = 'versioned'`
    )) as { rows: { version: string }[] }
    if (rows.length < 2) return false
    const shown = await versions()
    return rows.every(({ version }) => shown.includes(version))
  })
  const gate = await place.gate()
  const id = await submit('held', gate.file, 4)
  await until('all partitions are at work', async () => {
    const partitions = await partitionsOf(id)
    return partitions.length === 4 && partitions.every(({ batchStatus }) => batchStatus === 'STARTED')
  })
  const { json } = await two.api('GET', `/explain/instances/${id}`)
  t.match(json, {
    waitingFor: [
      {
        code: 'NOT_WAITING',
        text: /It runs on server .*\. Servers have different versions of application versioned \([0-9a-f]{8} on .*one; [0-9a-f]{8} on .*two\): each part/
      }
    ]
  })
  await gate.open()
  t.match(await one.ended(id), { batchStatus: 'COMPLETED' })
  const partitions = await partitionsOf(id)
  for (const each of partitions) t.equal(each.exitStatus, nameOf(each as { serverId: string }))
  t.equal(new Set(partitions.map(({ exitStatus }) => exitStatus as string)).size, 2)
})

t.test(
  'what a version lacks FAILS by name where it runs; a job goes on, and restarts, with the code of another server',
  async t => {
    const gate = await place.gate()
    const lacking = await submit('onlyInOne', gate.file, 4)
    const failed = await until('those of the second have FAILED', async () => {
      const found = (await partitionsOf(lacking)).filter(({ batchStatus }) => batchStatus === 'FAILED')
      return found.length === 2 && found
    })
    for (const each of failed) t.equal(nameOf(each as { serverId: string }), 'two')
    await gate.open()
    t.match(await one.ended(lacking), { batchStatus: 'FAILED' })
    const { rows } = (await place.database.db.raw(
      `select message from batchyard.partition where message is not null`
    )) as { rows: { message: string }[] }
    t.equal(rows.length, 2)
    for (const { message } of rows)
      t.match(
        message,
        /Artifact onlyInOne is not exported by artifacts.js of application versioned; it exports held/
      )

    const next = await place.gate()
    const held = [1, 2, 3, 4].map(() => submit('held', next.file))
    const ids = await Promise.all(held)
    for (const id of ids) await one.when(id, 'STARTED')
    // Batchlets have no checkpoint: their threads are ended, and the other server begins them again with its own code.
    t.match(await two.process.stop(), { code: 0 })
    await next.open()
    for (const id of ids) {
      const { executionId } = (await one.ended(id)) as Json
      const steps = await one.get(`/jobexecutions/${executionId}/stepexecutions`)
      t.match(steps, [{ batchStatus: 'COMPLETED', exitStatus: 'one' }])
    }
    const answer = await one.call('PUT', `/jobinstances/${lacking}?action=restart&reusePreviousParams=true`)
    t.equal(answer.status, 200, answer.text)
    t.match(await one.ended(lacking), { batchStatus: 'COMPLETED' })
    t.equal((await partitionsOf(lacking)).length, 2, 'those that had FAILED')
  }
)
