// E10: with few threads every job still ends, however many flows and partitions it has and however they are nested.
import { readFileSync } from 'node:fs'
import path from 'node:path'
import t from 'tap'
import { rows } from '../../src/store/database.ts'
import { buildApp } from '../support/build-app.ts'
import { LONG } from '../support/chaos.ts'
import { endedJob, submitJsl } from '../support/jobs.ts'
import { until } from '../support/until.ts'

const APPLICATIONS = path.join(import.meta.dirname, '../support/applications')

const quick = '<batchlet ref="simpleBatchlet"/>'
const partitionedStep = (id: string, partitions: number) =>
  `<step id="${id}">${quick}<partition><plan partitions="${partitions}"/></partition></step>`

function split(id: string, flows: readonly string[]): string {
  return `<split id="${id}">${flows.map((flow, at) => `<flow id="${id}-f${at}">${flow}</flow>`).join('')}</split>`
}

/** Splits in splits, `depth` levels of `width` flows each, with a partitioned step at the bottom. */
function nested(id: string, depth: number, width: number): string {
  return split(
    id,
    Array.from({ length: width }, (_, at) =>
      depth === 1 ? partitionedStep(`${id}-s${at}`, 2) : nested(`${id}-${at}`, depth - 1, width)
    )
  )
}

/** Units begun at one time, and in all, by the trace that `traced` leaves. */
function traceOf(file: string): { most: number; all: number } {
  let [now, most, all] = [0, 0, 0]
  for (const mark of readFileSync(file, 'utf8')) {
    now += mark === '+' ? 1 : -1
    most = Math.max(most, now)
    if (mark === '+') all++
  }
  return { most, all }
}

for (const [most, count] of [
  ['2', 12],
  ['16', LONG ? 200 : 50]
] as const)
  t.test(`E10 with 2 threads, ${most} of them alive at most`, async t => {
    const { operator, database } = await buildApp(t, { BATCH_THREADS: '2', BATCH_MAX_THREADS: most })

    t.test(`${count} flows with partitions each end COMPLETED`, async t => {
      const flows = Array.from({ length: count }, (_, at) => partitionedStep(`s${at}`, 2))
      const instanceId = await submitJsl(operator, 'SimpleBatchJob', split('many', flows))
      const { batchStatus, executionId } = await endedJob(operator, instanceId)
      t.equal(batchStatus, 'COMPLETED')
      const [counted] = await rows(
        database.db,
        `select count(*) as partitions, count(*) filter (where batch_status = 'COMPLETED') as completed
        from partition where execution_id = :executionId`,
        { executionId }
      )
      t.same(counted, { partitions: 2 * count, completed: 2 * count })
    })

    t.test('three nested splits end COMPLETED', async t => {
      const instanceId = await submitJsl(operator, 'SimpleBatchJob', nested('n', 3, 2))
      t.equal((await endedJob(operator, instanceId)).batchStatus, 'COMPLETED')
    })

    t.test('many such jobs at once all end COMPLETED', async t => {
      const ids = await Promise.all(
        Array.from({ length: 8 }, (_, at) => submitJsl(operator, 'SimpleBatchJob', nested(`j${at}`, 2, 2)))
      )
      const ended = await Promise.all(ids.map(id => endedJob(operator, id)))
      t.same(new Set(ended.map(execution => execution.batchStatus)), new Set(['COMPLETED']))
    })
  })

t.test(
  'threads that parents wanted are kept for a while, and then no more than may work and one',
  async t => {
    const { operator, http } = await buildApp(t, { BATCH_THREADS: '2', BATCH_MAX_THREADS: '16' })
    const idle = async () => {
      const { payload } = await http.inject('/metrics')
      return Number(/^batchyard_threads\{state="idle"\} (\d+)$/m.exec(payload)![1])
    }
    const run = async () => {
      const instanceId = await submitJsl(operator, 'SimpleBatchJob', nested('n', 2, 2))
      t.equal((await endedJob(operator, instanceId)).batchStatus, 'COMPLETED')
    }
    await run()
    const kept = await until('the last thread is back', async () => {
      const now = await idle()
      return now > 3 && now
    })
    t.ok(kept <= 16, `${kept} are kept`)
    await run()
    await until('the others were ended', async () => (await idle()) === 3)
  }
)

t.test('E10 with one thread, partitions that run one by one are not kept away by jobs that wait', async t => {
  const { operator } = await buildApp(t, { BATCH_THREADS: '1', BATCH_MAX_THREADS: '1' })
  const plan = '<partition><plan partitions="5" threads="1"/></partition>'
  const ids = await Promise.all(
    Array.from({ length: 4 }, () =>
      submitJsl(operator, 'SimpleBatchJob', `<step id="s">${quick}${plan}</step>`)
    )
  )
  for (const id of ids) t.equal((await endedJob(operator, id)).batchStatus, 'COMPLETED')
})

t.test('E10 no more units work at a time than there are threads', async t => {
  const { operator, directory } = await buildApp(t, { BATCH_THREADS: '3', BATCH_APPS_DIR: APPLICATIONS })
  const file = path.join(directory, 'trace')
  const traced = `<batchlet ref="traced"><properties><property name="trace" value="${file}"/></properties></batchlet>`
  const ids = await Promise.all(
    Array.from({ length: 3 }, () =>
      submitJsl(
        operator,
        'counted',
        `<step id="s">${traced}<partition><plan partitions="6"/></partition></step>`
      )
    )
  )
  for (const id of ids) t.equal((await endedJob(operator, id)).batchStatus, 'COMPLETED')
  const { most, all } = traceOf(file)
  t.equal(all, 18)
  t.ok(most <= 3 && most >= 2, `${most} at a time`)
})

for (const threads of [1, 2])
  t.test(`a plan with threads="${threads}" has no more partitions at work`, async t => {
    const { operator, directory } = await buildApp(t, { BATCH_THREADS: '6', BATCH_APPS_DIR: APPLICATIONS })
    const file = path.join(directory, 'trace')
    const traced = `<batchlet ref="traced"><properties><property name="trace" value="${file}"/></properties></batchlet>`
    const plan = `<partition><plan partitions="8" threads="${threads}"/></partition>`
    const instanceId = await submitJsl(operator, 'counted', `<step id="s">${traced}${plan}</step>`)
    t.equal((await endedJob(operator, instanceId)).batchStatus, 'COMPLETED')
    t.same(traceOf(file), { most: threads, all: 8 })
  })
