// What becomes of running and waiting work when an application's code changes or its folder goes.
import { existsSync } from 'node:fs'
import { mkdir, rename, rm, writeFile } from 'node:fs/promises'
import path from 'node:path'
import t, { type Test } from 'tap'
import { rows } from '../../src/store/database.ts'
import { buildApp, type TestApp } from '../support/build-app.ts'
import { endedJob, submitJsl } from '../support/jobs.ts'
import { until } from '../support/until.ts'

async function appWith(t: Test): Promise<TestApp & { readonly apps: string }> {
  const apps = t.testdir({
    Changing: { 'artifacts.js': `export const answer = () => 'one'`, 'batch-jobs': {} }
  })
  return { ...(await buildApp(t, { BATCH_APPS_DIR: apps, BATCH_THREADS: '2' })), apps }
}

const step = '<step id="s"><batchlet ref="answer"/></step>'

t.test('a thread with old code is replaced when an application changes', async t => {
  const { operator, apps } = await appWith(t)
  const answer = async () =>
    (await endedJob(operator, await submitJsl(operator, 'Changing', step))).steps[0]!.exitStatus
  t.equal(await answer(), 'one')
  t.equal(await answer(), 'one')
  await writeFile(path.join(apps, 'Changing/artifacts.js'), `export const answer = () => 'two'`)
  t.ok(await until('the new code', async () => (await answer()) === 'two'))
})

/** Resolves when this server has looked at its applications again: it runs a job of one that is new. */
async function lookedAgain(
  { operator, apps }: Awaited<ReturnType<typeof appWith>>,
  name: string
): Promise<void> {
  await mkdir(path.join(apps, name, 'batch-jobs'), { recursive: true })
  await writeFile(path.join(apps, name, 'artifacts.js'), `export const answer = () => 'other'`)
  await endedJob(operator, await submitJsl(operator, name, step))
}

t.test('a job whose application vanished waits for it, and holds up nobody', async t => {
  const app = await appWith(t)
  const { operator, apps, database } = app
  const id = await submitJsl(operator, 'Changing', step, {
    com_ibm_ws_batch_message_deliveryDelay: '3600000'
  })
  await rename(path.join(apps, 'Changing'), path.join(apps, '.gone'))
  await lookedAgain(app, 'Other')
  await rows(database.db, `update unit set ready_time = clock_timestamp()`)
  await app.tick()
  await lookedAgain(app, 'Another')
  t.match(
    await rows(database.db, 'select status, epoch from unit'),
    [{ status: 'READY', epoch: 0 }],
    'it is not claimed'
  )
  await rename(path.join(apps, '.gone'), path.join(apps, 'Changing'))
  t.match(await endedJob(operator, id), { batchStatus: 'COMPLETED' })
})

const WAITING = `import { existsSync, writeFileSync } from 'node:fs'
  export const waiting = async ({ properties }) => {
    writeFileSync(properties.until + '-begun', '')
    while (!existsSync(properties.until)) await new Promise(resolve => setTimeout(resolve, 20))
  }
  export const answer = () => 'one'`

t.test('a running job whose application vanished before its partitions began is FAILED', async t => {
  const app = await appWith(t)
  const { operator, apps, database, directory } = app
  await writeFile(path.join(apps, 'Changing/artifacts.js'), WAITING)
  await lookedAgain(app, 'Other')
  const go = path.join(directory, 'go')
  const properties = `<properties><property name="until" value="${go}"/></properties>`
  const id = await submitJsl(
    operator,
    'Changing',
    `<step id="first" next="second"><batchlet ref="waiting">${properties}</batchlet></step>
     <step id="second"><batchlet ref="answer"/><partition><plan partitions="2"/></partition></step>`
  )
  await until('the first step began', () => existsSync(`${go}-begun`))
  await rm(path.join(apps, 'Changing'), { recursive: true })
  await lookedAgain(app, 'Another')
  await writeFile(go, '')
  t.match(await endedJob(operator, id), { batchStatus: 'FAILED' })
  const reason = 'application Changing is not installed any more'
  t.same(await rows(database.db, 'select batch_status, message, ended_epoch from partition'), [
    { batch_status: 'FAILED', message: reason, ended_epoch: 1 },
    { batch_status: 'FAILED', message: reason, ended_epoch: 1 }
  ])
})
