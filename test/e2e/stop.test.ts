// A stop and a restart of a running job over HTTP, in a server process.
import t from 'tap'
import { batchClient } from '../support/batch-client.ts'
import { serverPlace, startServer } from '../support/server-process.ts'
import { until } from '../support/until.ts'

const SLEEPS_SECONDS = 300

const server = await startServer(t, await serverPlace(t))
const client = batchClient(server)

t.test(
  'a stopped sleepyBatchlet is STOPPED long before its sleep would end, and a restart runs it again',
  async t => {
    const instanceId = await client.submit('SimpleBatchJob', 'test_sleepyBatchlet', {
      'sleep.time.seconds': String(SLEEPS_SECONDS)
    })
    const { executionId } = await client.when(instanceId, 'STARTED')
    await until('the step began', async () => {
      const { stepExecutions } = await client.get(`/jobexecutions/${executionId}`)
      return stepExecutions[0]?.batchStatus === 'STARTED'
    })

    const began = performance.now()
    const stopped = await client.call('PUT', `/jobinstances/${instanceId}?action=stop`)
    t.equal(stopped.status, 200)
    t.match(stopped.json, { executionId, batchStatus: /^STOPP(ING|ED)$/ })
    const execution = await client.ended(instanceId)
    t.ok(performance.now() - began < 10_000, 'within seconds')
    t.match(execution, { executionId, batchStatus: 'STOPPED', exitStatus: 'STOPPED' })
    t.match(execution.stepExecutions[0], {
      batchStatus: 'STOPPED',
      exitStatus: /^SleepyBatchlet:i=\d+;stopRequested=true$/
    })
    t.match(await client.get(`/jobinstances/${instanceId}`), { instanceState: 'STOPPED' })

    const repeated = await client.call('PUT', `/jobexecutions/${executionId}?action=stop`)
    t.equal(repeated.status, 409, 'who was told that it stopped is told that it does not run')

    const restarted = await client.call('PUT', `/jobinstances/${instanceId}?action=restart`, {
      jobParameters: { 'sleep.time.seconds': '0' }
    })
    t.equal(restarted.status, 200, restarted.text)
    t.equal(restarted.json.instanceId, instanceId)
    const second = await client.ended(instanceId)
    t.match(second, { batchStatus: 'COMPLETED', exitStatus: 'COMPLETED' })
    t.not(second.executionId, executionId)
    t.equal(second.stepExecutions[0].exitStatus, 'SleepyBatchlet:i=0;stopRequested=false')
    const all = await client.get(`/jobinstances/${instanceId}/jobexecutions`)
    t.equal(all.length, 2)
    t.equal((await client.get(`/jobinstances/${instanceId}/jobexecutions/1`)).executionId, second.executionId)
  }
)

t.test('a stop of a partitioned step ends its partitions too', async t => {
  const jobXML = `<job id="sleepers" xmlns="http://xmlns.jcp.org/xml/ns/javaee" version="1.0">
    <step id="step1"><batchlet ref="sleepyBatchlet"/><partition><plan partitions="6" threads="2"/></partition></step>
  </job>`
  const answer = await client.call('POST', '/jobinstances', {
    applicationName: 'SimpleBatchJob',
    jobXML,
    jobParameters: { 'sleep.time.seconds': String(SLEEPS_SECONDS) }
  })
  t.equal(answer.status, 201, answer.text)
  const { instanceId } = answer.json
  const { executionId } = await client.when(instanceId, 'STARTED')
  const partitions = async () => {
    const [step] = await client.get(`/jobexecutions/${executionId}/stepexecutions`)
    return (step?.partitions ?? []) as { batchStatus: string; partitionNumber: number }[]
  }
  await until('two partitions began', async () => {
    return (await partitions()).filter(one => one.batchStatus === 'STARTED').length >= 2
  })
  await client.call('PUT', `/jobexecutions/${executionId}?action=stop`)
  t.match(await client.ended(instanceId), { batchStatus: 'STOPPED' })
  for (const one of await partitions())
    t.equal(one.batchStatus, 'STOPPED', `partition ${one.partitionNumber}`)
})
