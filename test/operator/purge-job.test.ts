// Purges where something stands in the way: another server has the logs, or the rows do not go.
import { existsSync } from 'node:fs'
import { rm } from 'node:fs/promises'
import path from 'node:path'
import t from 'tap'
import { rows } from '../../src/store/database.ts'
import { buildApp } from '../support/build-app.ts'
import { until } from '../support/until.ts'
import { BATCH, ended, submit } from '../http/liberty/real-app.ts'

const { http, database, directory } = await buildApp(t)
const { db } = database

const remove = async (url: string) => http.inject({ method: 'DELETE', url: `${BATCH}${url}` })

async function ran(): Promise<number> {
  const { instanceId } = await submit(http, { applicationName: 'SimpleBatchJob', jobXMLName: 'test_noop' })
  await ended(http, instanceId)
  return instanceId
}

async function folderOf(instanceId: number): Promise<string> {
  const [row] = await rows<{ path: string }>(
    db,
    'select log_path as path from job_execution where instance_id = :instanceId',
    { instanceId }
  )
  return path.join(directory, 'joblogs', row!.path)
}

/** As if that server had run it; `expires` in seconds from now. */
async function ranOn(serverId: string, instanceId: number, expires = 60): Promise<void> {
  await rows(
    db,
    `insert into incarnation (incarnation, server_id, address, applications, expires)
    values (gen_random_uuid(), :serverId, 'http://b.invalid:9080', '{}', clock_timestamp() + :expires * interval '1 second')`,
    { serverId, expires }
  )
  await rows(
    db,
    `update job_execution set server_id = :serverId, rest_url = 'http://b.invalid:9080/ibm/api/batch' where instance_id = :instanceId`,
    { serverId, instanceId }
  )
  await until('its log is indexed', async () => {
    const indexed = await rows(
      db,
      `update job_log_part p set server_id = :serverId from job_execution e
      where e.execution_id = p.execution_id and e.instance_id = :instanceId returning path`,
      { serverId, instanceId }
    )
    return indexed.length > 0
  })
}

t.test('a purge whose logs lie with another server that lives goes there, and does nothing here', async t => {
  const instanceId = await ran()
  await ranOn('far', instanceId)
  await rm(await folderOf(instanceId), { recursive: true })
  const answer = await remove(`/jobinstances/${instanceId}?permitRedirect=true`)
  t.equal(answer.statusCode, 302)
  t.equal(answer.headers['location'], `http://b.invalid:9080/ibm/api/batch/jobinstances/${instanceId}`)
  t.match((await remove(`/v2/jobinstances?jobInstanceId=${instanceId}`)).json(), [
    {
      purgeStatus: 'NOT_LOCAL',
      redirectUrl: `http://b.invalid:9080/ibm/api/batch/jobinstances/${instanceId}`
    }
  ])
  t.equal(
    (await remove(`/jobinstances/${instanceId}?purgeJobStoreOnly=true`)).statusCode,
    200,
    'rows are everywhere'
  )
})

t.test('logs of another server that are to be seen from here are deleted here', async t => {
  const instanceId = await ran()
  await ranOn('shared volume', instanceId)
  const folder = await folderOf(instanceId)
  t.ok(existsSync(folder))
  t.equal((await remove(`/jobinstances/${instanceId}`)).statusCode, 200)
  t.notOk(existsSync(folder))
})

t.test('a server that does not live is not waited for', async t => {
  const instanceId = await ran()
  await ranOn('gone', instanceId, -1)
  await rm(await folderOf(instanceId), { recursive: true })
  t.equal((await remove(`/jobinstances/${instanceId}`)).statusCode, 200)
})

t.test(
  'when the rows do not go the instance is unmarked, a bulk purge says JOBLOGS_ONLY, and the others go',
  async t => {
    const [held, free] = [await ran(), await ran()]
    await rows(db, 'create table holds (instance_id bigint references job_instance)')
    await rows(db, 'insert into holds values (:held)', { held })
    const answer = await remove(`/v2/jobinstances?jobInstanceId=${held}:${free}`)
    t.match(answer.json(), [
      { instanceId: free, purgeStatus: 'COMPLETED', message: 'Successful purge.' },
      { instanceId: held, purgeStatus: 'JOBLOGS_ONLY' }
    ])
    t.notMatch(answer.body, /delete from|holds/, 'no SQL for the client')
    const single = await remove(`/jobinstances/${held}`)
    t.match(single.json(), { status: 500, code: 'Internal' })
    const another = await ran()
    const rowsOnly = await remove(`/v2/jobinstances?jobInstanceId=${held},${another}&purgeJobStoreOnly=true`)
    t.match(rowsOnly.json(), [
      { instanceId: another, purgeStatus: 'COMPLETED' },
      { instanceId: held, purgeStatus: 'FAILED' }
    ])
    await rows(db, 'drop table holds')
    t.equal((await remove(`/jobinstances/${held}`)).statusCode, 200)
  }
)

t.test('a planned purge does not wait for logs of another server: its janitor finds them', async t => {
  const instanceId = await ran()
  await ranOn('farther', instanceId)
  await rm(await folderOf(instanceId), { recursive: true })
  const planned = await http.inject({
    method: 'POST',
    url: '/api/v1/purge-plans',
    payload: { filter: { jobInstanceId: instanceId } }
  })
  const { planId, instances } = planned.json<{ planId: number; instances: number }>()
  t.equal(instances, 1)
  await http.inject({ method: 'POST', url: `/api/v1/purge-plans/${planId}/execute` })
  const done = await until('it is done', async () => {
    const plan = (await http.inject(`/api/v1/purge-plans/${planId}`)).json<{
      state: string
      purged: number
    }>()
    return plan.state === 'Done' ? plan : null
  })
  t.match(done, { purged: 1 })
})
