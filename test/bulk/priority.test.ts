// Priorities of bulk jobs (document 002): the higher one first, whatever runs; what is paused goes on by itself, and nothing twice.
import t from 'tap'
import { rows } from '../../src/store/database.ts'
import { buildApp } from '../support/build-app.ts'
import { until } from '../support/until.ts'
import {
  caller,
  create,
  creation,
  failEvery,
  FINAL,
  manifestOf,
  statusesOf,
  upload,
  when
} from './bulk-client.ts'

const SLOW = { operation: failEvery({ delayMs: '5' }) }

t.test('priorities on one server', async t => {
  const app = await buildApp(t, { BATCH_THREADS: '8' })
  const call = caller(app)
  const events = async (jobId: string) =>
    (await call('GET', `/jobs/${jobId}/events`)).json.items as {
      time: string
      status: string
      reason: string | null
    }[]
  const timeOf = async (jobId: string, status: string) =>
    (await events(jobId)).find(event => event.status === status)!.time
  const started = async (jobId: string) =>
    await until('something is done', async () => {
      const { json } = await call('GET', `/jobs/${jobId}`)
      return json.status === 'Active' && json.progressSummary.numberOfTasksSucceeded > 0 ? json : null
    })

  t.test(
    'R002-8 R002-16 R002-17 one that runs is paused for a higher one, goes on after it, and does nothing twice',
    async t => {
      const low = await create(call, creation(await upload(call, manifestOf(4000)), { ...SLOW, priority: 1 }))
      const { instanceId } = await started(low)
      const high = await create(
        call,
        creation(await upload(call, manifestOf(1600)), { ...SLOW, priority: 2 })
      )
      await when(call, low, 'Paused')
      const paused = (await call('GET', `/jobs/${low}`)).json.progressSummary.numberOfTasksSucceeded as number
      t.ok(paused < 4000, String(paused))
      t.match((await call('GET', `/jobs/${high}`)).json.status, /Active|Ready/)
      await when(call, high, 'Complete')
      t.match(await when(call, low, ...FINAL), {
        status: 'Complete',
        instanceId,
        progressSummary: { numberOfTasksSucceeded: 4000, numberOfTasksFailed: 0 }
      })
      t.same(await statusesOf(call, low), [
        'New',
        'Preparing',
        'Ready',
        'Active',
        'Pausing',
        'Paused',
        'Active',
        'Completing',
        'Complete'
      ])
      t.match((await events(low)).find(({ status }) => status === 'Pausing')!.reason, new RegExp(high))
      const [executions] = await rows<{ n: number }>(
        app.database.db,
        'select count(*)::int as n from job_execution where instance_id = :instanceId',
        { instanceId }
      )
      t.same(executions, { n: 1 })
      const resumed = (await events(low)).findLast(({ status }) => status === 'Active')!.time
      t.ok(resumed >= (await timeOf(high, 'Complete')), 'it went on when the higher one was Complete')
    }
  )

  t.test(
    'R002-6 R002-14 one that comes while a higher one runs stays Ready until that is Complete, threads free or not',
    async t => {
      const high = await create(call, creation(await upload(call, manifestOf(800)), { ...SLOW, priority: 5 }))
      await when(call, high, 'Active')
      const low = await create(call, creation(await upload(call, manifestOf(2)), { priority: 4 }))
      await when(call, low, 'Ready')
      await when(call, high, 'Complete')
      await when(call, low, 'Complete')
      t.ok((await timeOf(low, 'Active')) >= (await timeOf(high, 'Complete')))
    }
  )

  t.test(
    'R002-9 R002-10 equal priorities run side by side; who wants an order waits for statuses',
    async t => {
      const manifestId = await upload(call, manifestOf(1200))
      const first = await create(call, creation(manifestId, SLOW))
      const second = await create(call, creation(manifestId, SLOW))
      await Promise.all([when(call, first, 'Complete'), when(call, second, 'Complete')])
      t.ok((await timeOf(second, 'Active')) < (await timeOf(first, 'Complete')))
      for (const jobId of [first, second]) t.notOk((await statusesOf(call, jobId)).includes('Paused'))
      const third = await create(call, creation(manifestId, SLOW))
      await when(call, third, 'Complete')
      t.ok((await timeOf(third, 'New')) >= (await timeOf(second, 'Complete')), 'in the order of the statuses')
    }
  )

  t.test('R002-17 a Suspended one of higher priority holds nobody', async t => {
    const high = await create(
      call,
      creation(await upload(call, manifestOf(2)), { priority: 100, confirmationRequired: true })
    )
    await when(call, high, 'Suspended')
    const low = await create(call, creation(await upload(call, manifestOf(2)), { priority: 0 }))
    await when(call, low, 'Complete')
    t.match((await call('GET', `/jobs/${high}`)).json, { status: 'Suspended' })
    await call('POST', `/jobs/${high}/status?requestedJobStatus=Cancelled`)
    await when(call, high, 'Cancelled')
  })

  t.test('R002-5 R002-7 R002-65 a priority changed while it runs counts at once', async t => {
    const first = await create(
      call,
      creation(await upload(call, manifestOf(4000)), { ...SLOW, priority: 10 })
    )
    await started(first)
    const second = await create(
      call,
      creation(await upload(call, manifestOf(1600)), { ...SLOW, priority: 9 })
    )
    await when(call, second, 'Ready')
    t.same((await call('POST', `/jobs/${second}/priority?priority=2147483647`)).json, {
      jobId: second,
      priority: 2_147_483_647
    })
    await when(call, first, 'Paused')
    await when(call, second, 'Complete')
    t.match(await when(call, first, ...FINAL), {
      status: 'Complete',
      progressSummary: { numberOfTasksSucceeded: 4000 }
    })
  })

  t.test('a Paused one is cancelled, here or by a stop of its instance', async t => {
    const manifestId = await upload(call, manifestOf(6000))
    const [one, other] = [
      await create(call, creation(manifestId, SLOW)),
      await create(call, creation(manifestId, SLOW))
    ]
    const { instanceId } = await started(other)
    await started(one)
    const high = await create(call, creation(await upload(call, manifestOf(2400)), { ...SLOW, priority: 11 }))
    await when(call, one, 'Paused')
    await when(call, other, 'Paused')
    t.equal((await call('POST', `/jobs/${one}/status?requestedJobStatus=Cancelled`)).status, 200)
    await app.http.inject({ method: 'PUT', url: `/ibm/api/batch/jobinstances/${instanceId}?action=stop` })
    await when(call, one, 'Cancelled')
    await when(call, other, 'Cancelled')
    await when(call, high, 'Complete')
    t.same((await statusesOf(call, other)).slice(-3), ['Paused', 'Cancelling', 'Cancelled'])
  })
})

t.test(
  'where a cap has one place, the one that has it goes on, and the higher one comes after it',
  async t => {
    const app = await buildApp(t, { BATCH_CAPS: '{"submitter:NOTSET":1}' })
    const call = caller(app)
    const manifestId = await upload(call, manifestOf(300))
    const low = await create(
      call,
      creation(manifestId, { operation: failEvery({ delayMs: '20' }), priority: 1 })
    )
    await until('something is done', async () => {
      const { progressSummary } = (await call('GET', `/jobs/${low}`)).json
      return progressSummary.numberOfTasksSucceeded > 0
    })
    const high = await create(call, creation(manifestId, { priority: 2 }))
    for (const jobId of [low, high])
      t.match(await when(call, jobId, ...FINAL), {
        status: 'Complete',
        progressSummary: { numberOfTasksSucceeded: 300 }
      })
  }
)
