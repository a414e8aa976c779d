// What becomes of running and waiting work when an application's code changes or its folder goes.
import { existsSync } from 'node:fs'
import { cp, mkdir, rename, rm, writeFile } from 'node:fs/promises'
import path from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import t, { type Test } from 'tap'
import { rows } from '../../src/store/database.ts'
import { buildApp, type TestApp } from '../support/build-app.ts'
import { endedJob, submitJsl, whenJob } from '../support/jobs.ts'

const APPLICATIONS = path.join(import.meta.dirname, '../support/applications')

async function appWith(t: Test): Promise<TestApp & { readonly apps: string }> {
  const apps = t.testdir({ Changing: { 'artifacts.js': `export const answer = () => 'one'`, 'batch-jobs': {} } })
  await cp(path.join(APPLICATIONS, 'counted/artifacts.ts'), path.join(apps, 'Changing/counted.ts'))
  return { ...(await buildApp(t, { BATCH_APPS_DIR: apps, BATCH_THREADS: '2' })), apps }
}

const step = '<step id="s"><batchlet ref="answer"/></step>'

t.test('a thread with old code is replaced when an application changes', async t => {
  const { operator, apps } = await appWith(t)
  const answer = async () => (await endedJob(operator, await submitJsl(operator, 'Changing', step))).steps[0]!.exitStatus
  t.equal(await answer(), 'one')
  t.equal(await answer(), 'one')
  await writeFile(path.join(apps, 'Changing/artifacts.js'), `export const answer = () => 'two'`)
  let now = await answer()
  for (const deadline = Date.now() + 10_000; now === 'one' && Date.now() < deadline; now = await answer()) await delay(100)
  t.equal(now, 'two')
})

t.test('a job whose application vanished waits for it, and holds up nobody', async t => {
  const { operator, apps, database } = await appWith(t)
  await mkdir(path.join(apps, 'Other/batch-jobs'), { recursive: true })
  await writeFile(path.join(apps, 'Other/artifacts.js'), `export const answer = () => 'other'`)
  const blocker = await submitJsl(operator, 'Changing', step)
  await endedJob(operator, blocker)
  const id = await submitJsl(operator, 'Changing', step, { com_ibm_ws_batch_message_deliveryDelay: '3000' })
  await rename(path.join(apps, 'Changing'), path.join(apps, '.gone'))
  await delay(1100)
  await rows(database.db, `update unit set ready_time = clock_timestamp()`)
  const deadline = Date.now() + 10_000
  while (Date.now() < deadline && (await rows(database.db, `select from unit where status = 'READY'`)).length === 0);
  t.match(await endedJob(operator, await submitJsl(operator, 'Other', step)), { batchStatus: 'COMPLETED' })
  t.match(await rows(database.db, 'select status, epoch from unit'), [{ status: 'READY', epoch: 0 }], 'it is not claimed')
  await rename(path.join(apps, '.gone'), path.join(apps, 'Changing'))
  t.match(await endedJob(operator, id), { batchStatus: 'COMPLETED' })
})

t.test('a running job whose application vanished before its partitions began is FAILED with the reason', async t => {
  const { operator, apps, database, directory } = await appWith(t)
  await writeFile(path.join(apps, 'Changing/artifacts.js'), `import { existsSync, writeFileSync } from 'node:fs'
    export const waiting = async ({ properties }) => {
      writeFileSync(properties.until + '-begun', '')
      while (!existsSync(properties.until)) await new Promise(resolve => setTimeout(resolve, 20))
    }
    export const answer = () => 'one'`)
  const until = path.join(directory, 'go')
  const id = await submitJsl(
    operator,
    'Changing',
    `<step id="first" next="second"><batchlet ref="waiting"><properties><property name="until" value="${until}"/></properties></batchlet></step>
     <step id="second"><batchlet ref="answer"/><partition><plan partitions="2"/></partition></step>`
  )
  const { executionId } = await whenJob(operator, id, 'STARTED')
  while (!existsSync(`${until}-begun`)) await delay(10)
  await rm(path.join(apps, 'Changing'), { recursive: true })
  await delay(1100)
  await writeFile(until, '')
  const ended = await Promise.race([endedJob(operator, id), delay(8000, null, { ref: false })])
  const [claims] = await rows<{ epoch: number }>(database.db, `select max(epoch) as epoch from unit where kind = 'partition'`)
  t.ok((claims!.epoch ?? 0) < 30, `it is not claimed over and over (${claims!.epoch} times)`)
  t.match(ended, { executionId, batchStatus: 'FAILED' })
  t.match(await rows(database.db, 'select batch_status, message from partition'), [
    { batch_status: 'FAILED', message: /application Changing/ },
    { batch_status: 'FAILED', message: /application Changing/ }
  ])
})
