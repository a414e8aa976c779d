// What an operation gives and throws, and what becomes of it in the ledger; an operation may be an object or a class.
import path from 'node:path'
import t from 'tap'
import { buildApp } from '../support/build-app.ts'
import { caller, create, creation, failEvery, FINAL, upload, when } from './bulk-client.ts'

const APPLICATIONS = path.join(import.meta.dirname, '../support/applications')

t.test('operations of an application', async t => {
  const app = await buildApp(t, { BATCH_APPS_DIR: APPLICATIONS })
  const call = caller(app)
  const run = async (csv: string, ref: string, more: object = {}) => {
    const body = creation(await upload(call, csv), {
      operation: { artifact: { application: 'bulk-operations', ref, properties: { p: 'q' } } },
      ...more
    })
    const jobId = await create(call, body)
    const job = await when(call, jobId, ...FINAL)
    return { job, tasks: (await call('GET', `/jobs/${jobId}/tasks`)).json.items }
  }

  t.test('R002-34 every end of an operation is one outcome of its task, and of no other', async t => {
    const keys = [
      'text',
      'nothing',
      'outcome',
      'permanent',
      'temporary',
      'throws',
      'throws temporary',
      'throws no error',
      'is no outcome',
      'is a number',
      'is long'
    ]
    const { job, tasks } = await run(keys.map(key => `b,${encodeURIComponent(key)}\n`).join(''), 'ends')
    t.match(job, {
      status: 'Complete',
      progressSummary: { numberOfTasksSucceeded: 5, numberOfTasksFailed: 6 }
    })
    const outcomes = Object.fromEntries(tasks.map((task: { key: string }) => [task.key, task]))
    t.match(outcomes, {
      text: { status: 'Succeeded', attempts: 1, errorCode: null, message: 'fine' },
      nothing: { status: 'Succeeded', message: null },
      outcome: { status: 'Succeeded', message: 'as an outcome' },
      permanent: { status: 'Failed', attempts: 1, errorCode: 'Gone', message: 'it is gone' },
      temporary: { status: 'Failed', attempts: 4, errorCode: 'TemporaryFailure', message: 'not now' },
      throws: {
        status: 'Failed',
        attempts: 1,
        errorCode: 'Odd\ufffdCode',
        message: 'a \ufffd and \ufffd half'
      },
      'throws temporary': { status: 'Succeeded', attempts: 3, message: 'at attempt 3' },
      'throws no error': { status: 'Failed', errorCode: 'PermanentFailure', message: 'a text' },
      'is no outcome': { status: 'Failed', errorCode: 'InvalidOutcome' },
      'is a number': { status: 'Failed', errorCode: 'InvalidOutcome' }
    })
    t.equal(outcomes['is long'].message.length, 1024)
  })

  t.test('an operation is given the fields of its object and its properties, and may be a class', async t => {
    const manifest = creation('').manifest
    const csv = 'red,b,1\ngreen,b,2\n'
    const { manifestId } = (await call('POST', '/manifests', csv)).json
    const { job, tasks } = await run(csv, 'Counting', {
      manifest: { location: { manifestId }, spec: { ...manifest.spec, fields: ['colour', 'Bucket', 'Key'] } }
    })
    t.match(job, { status: 'Complete' })
    t.match(tasks, [
      { message: '1 {"colour":"red"} {"p":"q"}' },
      { message: '2 {"colour":"green"} {"p":"q"}' }
    ])
  })

  t.test('what has no execute is no operation', async t => {
    const { job } = await run('b,1\n', 'noOperation')
    t.match(job, { status: 'Failed', failureReasons: [{ failureReason: /no operation noOperation/ }] })
  })

  t.test('the application Bulk comes with the server, whatever the folder of applications', async t => {
    const jobId = await create(
      call,
      creation(await upload(call, 'b,1\n'), { operation: failEvery({ n: '1' }) })
    )
    t.match(await when(call, jobId, ...FINAL), {
      status: 'Complete',
      progressSummary: { numberOfTasksFailed: 1 }
    })
  })
})
