// Purges over HTTP on a whole server: what goes, what stays, and who wins against a restart.
import { existsSync } from 'node:fs'
import { mkdir, rename, rm, symlink, utimes } from 'node:fs/promises'
import path from 'node:path'
import t from 'tap'
import type { JobInstanceView } from '../../../src/http/liberty/view/job-instance.ts'
import type { PurgeResultView } from '../../../src/http/liberty/view/purge-result.ts'
import { rows } from '../../../src/store/database.ts'
import { markPurges } from '../../../src/store/purges.ts'
import { buildApp } from '../../support/build-app.ts'
import { BATCH, ended, get, newestWhen, submit } from './real-app.ts'

const app = await buildApp(t)
const { http, database, directory } = app
const { db } = database
const root = path.join(directory, 'joblogs')

const call = async (method: 'DELETE' | 'PUT' | 'GET', url: string) =>
  http.inject({ method, url: `${BATCH}${url}` })

async function ran(jobXMLName = 'test_noop', jobParameters = {}): Promise<number> {
  const { instanceId } = await submit(http, { applicationName: 'SimpleBatchJob', jobXMLName, jobParameters })
  await ended(http, instanceId)
  return instanceId
}

async function folderOf(instanceId: number): Promise<string> {
  const [row] = await rows<{ path: string }>(
    db,
    'select log_path as path from job_execution where instance_id = :instanceId limit 1',
    { instanceId }
  )
  return path.join(root, row!.path.split('/').slice(0, 3).join('/'))
}

const statusOf = async (instanceId: number) => (await call('GET', `/jobinstances/${instanceId}`)).statusCode

t.test(
  'E14 a purge is 200 without a body; rows and log files are gone, and the second one is 404',
  async t => {
    for (const version of ['', '/v1', '/v4']) {
      const instanceId = await ran()
      const folder = await folderOf(instanceId)
      t.ok(existsSync(folder))
      const answer = await call('DELETE', `${version}/jobinstances/${instanceId}`)
      t.equal(answer.statusCode, 200)
      t.equal(answer.body, '')
      t.equal(answer.headers['content-type'], undefined)
      t.notOk(existsSync(folder))
      const again = await call('DELETE', `${version}/jobinstances/${instanceId}`)
      t.match(again.json(), { status: 404, detail: /CWWKY0151E/ })
    }
  }
)

t.test('a purge whose log files somebody removed before is a purge all the same', async t => {
  const instanceId = await ran()
  await rm(await folderOf(instanceId), { recursive: true })
  t.equal((await call('DELETE', `/jobinstances/${instanceId}`)).statusCode, 200)
  t.equal(await statusOf(instanceId), 404)
})

t.test('E14 a purge while the job runs is 409 and does nothing to it', async t => {
  const { instanceId } = await submit(http, {
    applicationName: 'SimpleBatchJob',
    jobXMLName: 'test_sleepyBatchlet',
    jobParameters: { 'sleep.time.seconds': '60' }
  })
  await newestWhen(http, instanceId, 'STARTED')
  for (const query of ['', '?purgeJobStoreOnly=true'])
    t.match((await call('DELETE', `/jobinstances/${instanceId}${query}`)).json(), {
      status: 409,
      code: 'JobNotPurgeable'
    })
  const bulk = await call('DELETE', `/v2/jobinstances?jobInstanceId=${instanceId}`)
  t.match(bulk.json(), [{ instanceId, purgeStatus: 'STILL_ACTIVE', redirectUrl: '' }])
  await call('DELETE', `/jobinstances/${instanceId}/joblogs`)
  t.ok(existsSync(await folderOf(instanceId)), 'what runs keeps its log')
  await call('PUT', `/jobinstances/${instanceId}?action=stop`)
  t.equal((await ended(http, instanceId)).batchStatus, 'STOPPED')
  t.equal((await call('DELETE', `/jobinstances/${instanceId}`)).statusCode, 200)
})

t.test('E14 when log files cannot be deleted all rows stay, unmarked, and a later purge works', async t => {
  const [instanceId, other] = [await ran('test_failingBatchlet'), await ran()]
  const folder = await folderOf(instanceId)
  await rename(folder, `${folder}-elsewhere`)
  await symlink(`${folder}-elsewhere`, folder)
  const answer = await call('DELETE', `/jobinstances/${instanceId}`)
  t.match(answer.json(), { status: 500, code: 'JobLogsNotDeleted' })
  t.match((await call('DELETE', `/jobinstances/${instanceId}/joblogs`)).json(), { code: 'JobLogsNotDeleted' })
  const bulk = await call('DELETE', `/v3/jobinstances?jobInstanceId=${instanceId},${other}`)
  t.match(bulk.json(), [
    { instanceId: other, purgeStatus: 'COMPLETED' },
    { instanceId, purgeStatus: 'FAILED' }
  ])
  t.equal((await get<unknown[]>(http, `/jobinstances/${instanceId}/jobexecutions`)).length, 1)
  t.equal(
    (await call('PUT', `/jobinstances/${instanceId}?action=restart`)).statusCode,
    200,
    'it is not marked'
  )
  await ended(http, instanceId)
  await rm(folder)
  t.equal((await call('DELETE', `/jobinstances/${instanceId}`)).statusCode, 200)
})

t.test(
  'E14 purgeJobStoreOnly, however it is spelled, keeps the log files, and the janitor lets them be',
  async t => {
    for (const query of ['purgeJobStoreOnly=true', 'purgejobstoreonly=TRUE']) {
      const instanceId = await ran()
      const folder = await folderOf(instanceId)
      t.equal((await call('DELETE', `/v2/jobinstances/${instanceId}?${query}`)).statusCode, 200)
      t.equal(await statusOf(instanceId), 404)
      await utimes(folder, 0, 0)
      await app.tick()
      t.ok(existsSync(folder), query)
    }
  }
)

t.test('the job logs of an instance are deleted without it, and it can be restarted and purged', async t => {
  const instanceId = await ran('test_failingBatchlet')
  const folder = await folderOf(instanceId)
  const answer = await call('DELETE', `/jobinstances/${instanceId}/joblogs`)
  t.same([answer.statusCode, answer.body], [200, ''])
  t.notOk(existsSync(folder))
  t.equal((await call('GET', `/jobinstances/${instanceId}/joblogs?type=text`)).body, '')
  t.equal((await call('DELETE', `/jobinstances/${instanceId}/joblogs`)).statusCode, 200)
  t.match((await call('DELETE', '/jobinstances/999999/joblogs')).json(), {
    status: 404,
    code: 'NoSuchJobInstance'
  })
  t.equal((await call('PUT', `/jobinstances/${instanceId}?action=restart`)).statusCode, 200)
  await ended(http, instanceId)
  t.equal((await call('DELETE', `/jobinstances/${instanceId}`)).statusCode, 200)
})

t.test('E14 what is marked is refused to a restart and to a second purge', async t => {
  const instanceId = await ran('test_failingBatchlet')
  const [{ incarnation }] = (await rows(db, 'select incarnation from incarnation')) as [
    { incarnation: string }
  ]
  await markPurges(db, { instanceIds: [instanceId], incarnation, by: 'alice' })
  t.match((await call('PUT', `/jobinstances/${instanceId}?action=restart`)).json(), {
    status: 409,
    code: 'JobRestart'
  })
  for (const query of ['', '?purgeJobStoreOnly=true'])
    t.match((await call('DELETE', `/jobinstances/${instanceId}${query}`)).json(), { code: 'JobNotPurgeable' })
  t.match((await call('DELETE', `/v4/jobinstances?jobInstanceId=${instanceId}`)).json(), [
    { instanceId, purgeStatus: 'FAILED' }
  ])
  t.equal(await statusOf(instanceId), 200, 'and is shown as it was')
})

t.test('E14 a purge marked by a server that died is finished by housekeeping, files and rows', async t => {
  const [left, alive] = [await ran(), await ran()]
  const folder = await folderOf(left)
  await markPurges(db, {
    instanceIds: [left],
    incarnation: '00000000-0000-4000-8000-000000000000',
    by: 'alice'
  })
  await app.tick()
  t.equal(await statusOf(left), 404)
  t.notOk(existsSync(folder))
  t.equal(await statusOf(alive), 200)
})

t.test('the janitor removes the folders of no instance once they are an hour old, and no others', async t => {
  const known = await folderOf(await ran())
  const [old, young] = ['gone/2026-01-01/instance.777001', 'gone/2026-01-02/instance.777002'].map(folder =>
    path.join(root, folder)
  ) as [string, string]
  await mkdir(path.join(old, 'execution.1'), { recursive: true })
  await mkdir(path.join(young, 'execution.1'), { recursive: true })
  await utimes(old, 0, 0)
  await utimes(known, 0, 0)
  await app.tick()
  t.notOk(existsSync(old))
  t.ok(existsSync(young))
  t.ok(existsSync(known))
})

t.test('a bulk purge takes the newest first, at most 50 unless told otherwise', async t => {
  const instances = await Promise.all(Array.from({ length: 60 }, () => ran()))
  const listed = await get<JobInstanceView[]>(http, '/jobinstances?pageSize=200')
  const order = listed.map(({ instanceId }) => instanceId).filter(id => instances.includes(id))
  const range = `${Math.min(...instances)}:${Math.max(...instances)}`
  const two = await call('DELETE', `/v2/jobinstances?jobInstanceId=${range}&pageSize=2&page=1`)
  t.same(
    two.json<PurgeResultView[]>().map(({ instanceId }) => instanceId),
    order.splice(2, 2)
  )
  const answer = await call('DELETE', `/v4/jobinstances?jobInstanceId=${range}`)
  t.equal(answer.headers['content-type'], 'application/json; charset=UTF-8')
  const results = answer.json<PurgeResultView[]>()
  t.same(
    results.map(({ instanceId }) => instanceId),
    order.slice(0, 50)
  )
  t.ok(results.every(({ purgeStatus, redirectUrl }) => purgeStatus === 'COMPLETED' && redirectUrl === ''))
  const rest = await call('DELETE', `/v3/jobinstances?jobInstanceId=${range}`)
  t.equal(rest.json<unknown[]>().length, 8)
  const nothing = await call('DELETE', `/v3/jobinstances?jobInstanceId=${range}`)
  t.same([nothing.statusCode, nothing.json()], [200, []])
})

t.test('a bulk purge without a filter is the first page of the list', async t => {
  const newest = await ran()
  const answer = await call('DELETE', '/v2/jobinstances?pageSize=1')
  t.match(answer.json(), [{ instanceId: newest, purgeStatus: 'COMPLETED' }])
})
