// `kill -9` of a server in the middle of a chunk step: nothing is lost and nothing is done twice.
import t from 'tap'
import { batchClient, type BatchClient, type Json } from '../support/batch-client.ts'
import { outcomeOf, rowsOf } from '../support/bird-strikes.ts'
import { serverPlace, startServer } from '../support/server-process.ts'
import { until } from '../support/until.ts'

/** Of the sample's data: a fact about the file, not about the server. */
const RECORDS = 10_000
const WRITTEN = 9171

const place = await serverPlace(t)

async function stepsOf(client: BatchClient, executionId: number): Promise<Record<string, Json>> {
  const steps = (await client.get(`/jobexecutions/${executionId}/stepexecutions`)).slice(0, -1) as Json[]
  return Object.fromEntries(steps.map(step => [step.stepName as string, step]))
}

t.test(
  'a job whose server was killed is FAILED, restarts at its checkpoint and ends as if undisturbed',
  async t => {
    const first = await startServer(t, place)
    const undisturbed = await batchClient(first).submit('BirdStrikes', 'birdstrikes')
    t.match(await batchClient(first).ended(undisturbed), { batchStatus: 'COMPLETED', exitStatus: 'ENOUGH' })
    const expected = await outcomeOf(place, undisturbed)
    t.match(expected, { rows: WRITTEN, records: WRITTEN })

    const instanceId = await batchClient(first).submit('BirdStrikes', 'birdstrikes', {
      'slow.millis': '1',
      'item.count': '100'
    })
    await until('300 rows', async () => (await rowsOf(place, instanceId)) >= 300)
    first.kill('SIGKILL')
    t.equal((await first.ended).signal, 'SIGKILL')
    const committed = await rowsOf(place, instanceId)
    t.ok(committed < WRITTEN, `killed after ${committed} rows`)

    const began = performance.now()
    const second = await startServer(t, place)
    const client = batchClient(second)
    t.ok(performance.now() - began < 10_000, 'it takes over at once, not after the lease')
    const lost = await client.when(instanceId, 'FAILED')
    t.match(lost, { batchStatus: 'FAILED', exitStatus: 'FAILED' })
    const { load: interrupted } = await stepsOf(client, lost.executionId)
    t.equal(interrupted.batchStatus, 'FAILED')
    t.equal(Number(interrupted.metrics.WRITE_COUNT), committed, 'counters and rows were committed together')
    t.equal(await rowsOf(place, instanceId), committed, 'nothing of the dead server’s was committed later')

    const restarted = await client.call('PUT', `/jobinstances/${instanceId}?action=restart`)
    t.equal(restarted.status, 200, restarted.text)
    const execution = await client.ended(instanceId)
    t.match(execution, { batchStatus: 'COMPLETED', exitStatus: 'ENOUGH' })
    const steps = await stepsOf(client, execution.executionId)
    t.same(Object.keys(steps), ['load', 'summarise', 'report'], 'prepare was COMPLETED and is not run again')
    t.equal(Number(steps.load.metrics.WRITE_COUNT), WRITTEN - committed, 'it continued at its checkpoint')
    t.equal(
      Number(steps.load.metrics.READ_COUNT) + Number(interrupted.metrics.READ_COUNT),
      RECORDS,
      'each record was read once'
    )
    t.same(
      await outcomeOf(place, instanceId),
      expected,
      'rows, aggregates and report are those of the undisturbed run'
    )
    t.equal((await second.stop()).code, 0)
  }
)

t.test('a server killed many times while it loads ends with the same rows', async t => {
  const expected = { rows: WRITTEN, records: WRITTEN }
  let server = await startServer(t, place)
  const instanceId = await batchClient(server).submit('BirdStrikes', 'birdstrikes', {
    'slow.millis': '1',
    'item.count': '50'
  })
  for (let kills = 0; kills < 3; kills++) {
    const before = await rowsOf(place, instanceId)
    const enough = before + 100 + 37 * kills
    await until(`${enough} rows`, async () => (await rowsOf(place, instanceId)) >= enough)
    server.kill('SIGKILL')
    await server.ended
    server = await startServer(t, place)
    await batchClient(server).when(instanceId, 'FAILED')
    const answer = await batchClient(server).call('PUT', `/jobinstances/${instanceId}?action=restart`, {
      jobParameters: kills < 2 ? { 'slow.millis': '1', 'item.count': '50' } : {}
    })
    t.equal(answer.status, 200, answer.text)
  }
  t.match(await batchClient(server).ended(instanceId), { batchStatus: 'COMPLETED' })
  t.match(await outcomeOf(place, instanceId), expected)
})
