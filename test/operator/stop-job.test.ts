// A stop that comes after its work is done: who may not know yet is told, who was told is refused.
import t from 'tap'
import { adminCaller } from '../../src/operator/caller.ts'
import { buildApp } from '../support/build-app.ts'
import { endedJob, submitJsl, whenJob } from '../support/jobs.ts'

const sleepy = `<step id="s"><batchlet ref="sleepyBatchlet"><properties><property name="sleep.time.seconds" value="300"/></properties></batchlet></step>`
const bob = adminCaller('bob')

const first = await buildApp(t)
const second = await buildApp(t, {
  BATCH_DATABASE_URL: first.database.url,
  BATCH_SERVER_ID: 'second'
})

const stoppedAt = async (server: typeof first): Promise<{ instanceId: number; executionId: number }> => {
  const instanceId = await submitJsl(first.operator, 'SimpleBatchJob', sleepy)
  await whenJob(first.operator, instanceId, 'STARTED')
  const { executionId } = await server.operator.stopInstance(instanceId, bob)
  t.equal((await endedJob(first.operator, instanceId)).batchStatus, 'STOPPED')
  return { instanceId, executionId }
}

t.test('E11 a stop repeated where it was answered is refused', async t => {
  const { instanceId, executionId } = await stoppedAt(first)
  await t.rejects(first.operator.stopExecution(executionId, bob), { code: 'JobExecutionNotRunning' })
  await t.rejects(first.operator.stopInstance(instanceId, bob), { code: 'JobExecutionNotRunning' })
})

t.test('E11 a stop sent on to another server is answered as done there, once', async t => {
  const { instanceId, executionId } = await stoppedAt(first)
  await t.rejects(second.operator.stopExecution(executionId, adminCaller('alice')), {
    code: 'JobExecutionNotRunning'
  })
  t.match(await second.operator.stopInstance(instanceId, bob), { executionId, batchStatus: 'STOPPED' })
  await t.rejects(second.operator.stopExecution(executionId, bob), { code: 'JobExecutionNotRunning' })
})
