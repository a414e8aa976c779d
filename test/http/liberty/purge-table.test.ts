// A purge of what is in each state, alone and among others, and of what cannot be deleted from the disk.
import { execFile } from 'node:child_process'
import { existsSync } from 'node:fs'
import { chmod } from 'node:fs/promises'
import path from 'node:path'
import { promisify } from 'node:util'
import t, { type Test } from 'tap'
import type { JobExecutionView } from '../../../src/http/liberty/view/job-execution.ts'
import type { PurgeResultView } from '../../../src/http/liberty/view/purge-result.ts'
import { rows } from '../../../src/store/database.ts'
import { buildApp } from '../../support/build-app.ts'
import { change, endByForce, instanceIn, SETTINGS, type State, WAITS } from './instances-in-states.ts'
import { BATCH, ended, get } from './real-app.ts'

const { http, database } = await buildApp(t, SETTINGS)
const VERSIONS = ['/v2', '/v3', '/v4']

const remove = (url: string) => http.inject({ method: 'DELETE', url: `${BATCH}${url}` })
const statusOf = async (id: number) => (await http.inject(`${BATCH}/jobinstances/${id}`)).statusCode

async function logFolders(instanceId: number): Promise<string[]> {
  const executions = await get<JobExecutionView[]>(http, `/jobinstances/${instanceId}/jobexecutions`)
  return executions.map(({ logpath }) => logpath).filter(logpath => logpath !== '')
}

/** Not even root can delete it until the end of the test; false where this machine cannot do that. */
async function madeUndeletable(t: Test, folder: string): Promise<boolean> {
  const root = process.getuid?.() === 0
  const run = promisify(execFile)
  const set = (fixed: boolean) =>
    root ? run('chattr', [fixed ? '+i' : '-i', folder]) : chmod(folder, fixed ? 0o555 : 0o755)
  try {
    await set(true)
  } catch {
    return false
  }
  t.teardown(() => set(false))
  return true
}

const FINAL: readonly State[] = ['COMPLETED', 'FAILED', 'STOPPED', 'STOPPED before it began', 'ABANDONED']

for (const state of FINAL)
  t.test(`what is ${state} is purged with all its rows and logs, alone and in a page`, async t => {
    for (const purge of [
      (id: number) => remove(`/jobinstances/${id}`),
      (id: number) => remove(`/v1/jobinstances/${id}?purgeJobStoreOnly=false`),
      ...VERSIONS.map(version => (id: number) => remove(`${version}/jobinstances?jobInstanceId=${id}`))
    ]) {
      const { instanceId, executionId } = await instanceIn(http, state)
      const folders = await logFolders(instanceId)
      const answer = await purge(instanceId)
      t.equal(answer.statusCode, 200)
      if (answer.body === '') t.equal(answer.headers['content-type'], undefined)
      else
        t.same(
          answer.json<PurgeResultView[]>().map(({ message: _, ...rest }) => rest),
          [{ instanceId, purgeStatus: 'COMPLETED', redirectUrl: '' }]
        )
      t.equal(await statusOf(instanceId), 404)
      t.equal((await http.inject(`${BATCH}/jobexecutions/${executionId}`)).statusCode, 404)
      t.same(folders.filter(existsSync), [])
    }
  })

const ACTIVE: readonly State[] = ['waiting to begin', 'running', 'stopping']

for (const state of ACTIVE)
  t.test(
    `what is ${state} is not purged: 409 alone, STILL_ACTIVE in a page, with or without logs`,
    async t => {
      const one = await instanceIn(http, state)
      const { instanceId } = one
      const before = await get(http, `/jobinstances/${instanceId}`)
      for (const query of ['', 'purgeJobStoreOnly=true']) {
        const alone = await remove(`/jobinstances/${instanceId}?${query}`)
        t.match(alone.json(), { status: 409, code: 'JobNotPurgeable' })
        for (const version of VERSIONS) {
          const page = await remove(`${version}/jobinstances?jobInstanceId=${instanceId}&${query}`)
          t.equal(page.statusCode, 200)
          const message = alone.json<{ detail: string }>().detail
          t.same(page.json(), [{ instanceId, purgeStatus: 'STILL_ACTIVE', message, redirectUrl: '' }])
        }
      }
      t.same(await get(http, `/jobinstances/${instanceId}`), before)
      await endByForce(http, one)
    }
  )

t.test('a page of many states says of each what became of it, and one failure stops no other', async t => {
  for (const version of VERSIONS) {
    const states = ['COMPLETED', 'waiting to begin', 'FAILED', 'ABANDONED', 'STOPPED'] as const
    const instances = []
    for (const state of states) instances.push(await instanceIn(http, state))
    const [fixed] = await logFolders(instances[2]!.instanceId)
    const undeletable = await madeUndeletable(t, fixed!)
    const ids = instances.map(({ instanceId }) => instanceId)
    const answer = await remove(`${version}/jobinstances?jobInstanceId=${ids.join(',')}`)
    t.equal(answer.statusCode, 200)
    t.match(
      answer.json<PurgeResultView[]>().map(({ instanceId, purgeStatus }) => [instanceId, purgeStatus]),
      [
        [ids[4], 'COMPLETED'],
        [ids[3], 'COMPLETED'],
        [ids[2], undeletable ? 'FAILED' : 'COMPLETED'],
        [ids[1], 'STILL_ACTIVE'],
        [ids[0], 'COMPLETED']
      ],
      'in the order of the list, newest first'
    )
    t.equal(await statusOf(ids[1]!), 200)
    t.equal(await statusOf(ids[2]!), undeletable ? 200 : 404)
    await endByForce(http, instances[1]!)
  }
})

t.test('log files that the disk does not let go keep all rows, until they can be deleted', async t => {
  const { instanceId } = await instanceIn(http, 'FAILED')
  await change(http, `/jobinstances/${instanceId}?action=restart`)
  const { executionId } = await ended(http, instanceId)
  const folders = await logFolders(instanceId)
  t.equal(folders.length, 2)
  await t.test('undeletable', async t => {
    if (!(await madeUndeletable(t, folders[1]!))) return t.pass('not on this machine')
    const answer = await remove(`/jobinstances/${instanceId}`)
    t.match(answer.json(), { status: 500, code: 'JobLogsNotDeleted', detail: new RegExp(`${instanceId}`) })
    t.match((await remove(`/jobinstances/${instanceId}/joblogs`)).json(), { code: 'JobLogsNotDeleted' })
    t.match(await get(http, `/jobinstances/${instanceId}`), { instanceState: 'FAILED' })
    t.equal((await logFolders(instanceId)).length, 2)
    t.match(await get(http, `/jobexecutions/${executionId}`), { batchStatus: 'FAILED' })
  })
  t.equal((await remove(`/jobinstances/${instanceId}`)).statusCode, 200)
  t.same(folders.filter(existsSync), [])
  t.notOk(existsSync(path.dirname(folders[0]!)), 'nor is the folder of the instance left')
})

t.test('purgeJobStoreOnly purges what has logs that cannot be deleted, and leaves them', async t => {
  for (const url of [
    (id: number) => `/jobinstances/${id}?purgeJobStoreOnly=TRUE`,
    (id: number) => `/v3/jobinstances?jobInstanceId=${id}&purgeJobStoreOnly=true`
  ]) {
    const { instanceId } = await instanceIn(http, 'COMPLETED')
    const [folder] = await logFolders(instanceId)
    await madeUndeletable(t, folder!)
    t.equal((await remove(url(instanceId))).statusCode, 200)
    t.equal(await statusOf(instanceId), 404)
    t.ok(existsSync(path.join(folder!, 'part.1.log')))
  }
})

t.test('rows that the database does not let go are 500 alone, JOBLOGS_ONLY or FAILED in a page', async t => {
  const { db } = database
  await rows(
    db,
    `create function refuse_delete() returns trigger language plpgsql as $$ begin raise 'kept'; end $$`
  )
  const ids = []
  for (let at = 0; at < 3; at++) ids.push((await instanceIn(http, 'COMPLETED')).instanceId)
  await rows(
    db,
    `create trigger kept before delete on job_instance for each row execute function refuse_delete()`
  )
  t.match((await remove(`/jobinstances/${ids[0]}`)).json(), { status: 500 })
  t.match((await remove(`/v4/jobinstances?jobInstanceId=${ids[1]}`)).json(), [
    { instanceId: ids[1], purgeStatus: 'JOBLOGS_ONLY', redirectUrl: '' }
  ])
  t.match((await remove(`/v4/jobinstances?jobInstanceId=${ids[2]}&purgeJobStoreOnly=true`)).json(), [
    { instanceId: ids[2], purgeStatus: 'FAILED', redirectUrl: '' }
  ])
  for (const id of ids) t.equal(await statusOf(id), 200)
  await rows(db, 'drop trigger kept on job_instance')
  for (const id of ids) t.equal((await remove(`/jobinstances/${id}`)).statusCode, 200)
})

t.test('of a purge and a restart at once one wins, and the other is told why', async t => {
  const seen: Record<string, number> = {}
  for (let round = 0; round < 40; round++) {
    const { instanceId } = await instanceIn(http, 'FAILED')
    const url = `/jobinstances/${instanceId}`
    // What is restarted waits: were it over at once, the purge could rightly come after it.
    const restarts = () => change(http, `${url}?action=restart`, { jobParameters: WAITS })
    const calls = [() => remove(url), restarts]
    const answers = await Promise.all((round % 2 === 0 ? calls : calls.reverse()).map(call => call()))
    const [purge, restart] = round % 2 === 0 ? answers : answers.reverse()
    if (purge!.statusCode !== 200) t.match(purge!.json(), { status: 409, code: 'JobNotPurgeable' })
    if (restart!.statusCode !== 200)
      t.match(restart!.json(), { status: /404|409/, code: /^(JobRestart|NoSuchJobInstance)$/ })
    const outcome = `${purge!.statusCode} ${restart!.statusCode}`
    seen[outcome] = (seen[outcome] ?? 0) + 1
    t.equal(await statusOf(instanceId), restart!.statusCode === 200 ? 200 : 404)
  }
  t.comment(JSON.stringify(seen))
  t.same(
    Object.keys(seen).filter(outcome => !['200 404', '200 409', '409 200'].includes(outcome)),
    []
  )
})

t.test('of eight purges at once one is 200, the others are 404 or 409', async t => {
  for (let round = 0; round < 10; round++) {
    const { instanceId } = await instanceIn(http, 'COMPLETED')
    const answers = await Promise.all(Array.from({ length: 8 }, () => remove(`/jobinstances/${instanceId}`)))
    const statuses = answers.map(({ statusCode }) => statusCode)
    t.equal(statuses.filter(status => status === 200).length, 1, String(statuses))
    t.same(
      statuses.filter(status => ![200, 404, 409].includes(status)),
      []
    )
  }
})
