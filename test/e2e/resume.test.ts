// Under `resume` an execution outlives its server: told to end it gives way at a checkpoint, killed it is taken up from one.
import t from 'tap'
import { batchClient } from '../support/batch-client.ts'
import { outcomeOf, rowsOf } from '../support/bird-strikes.ts'
import { serverPlace, startServer } from '../support/server-process.ts'
import { until } from '../support/until.ts'

const RESUME = { BATCH_RECOVERY: 'resume' }

t.test(
  'E12 a job goes on over SIGTERM and kill -9 as the same execution, and its rows are there once',
  async t => {
    const place = await serverPlace(t)
    const first = await startServer(t, place, RESUME)
    const client = batchClient(first)
    const instanceId = await client.submit('BirdStrikes', 'birdstrikes', {
      'slow.millis': '1',
      'item.count': '100'
    })
    await until('300 rows', async () => (await rowsOf(place, instanceId)) >= 300)
    t.same(await first.stop(), { code: 0, signal: null }, first.log())
    const [yielded] = await state(place, instanceId)
    t.match(yielded, { batch_status: 'STARTING', crashes: 0, unit: 'READY', step: 'STARTED' })
    const rowsThen = await rowsOf(place, instanceId)
    t.ok(rowsThen >= 300 && rowsThen < 9171, `${rowsThen} rows stood`)

    const second = await startServer(t, place, RESUME)
    await until('some more rows', async () => (await rowsOf(place, instanceId)) > rowsThen + 100)
    second.kill('SIGKILL')
    await second.ended
    const third = await startServer(t, place, RESUME)
    t.match(await batchClient(third).ended(instanceId), { batchStatus: 'COMPLETED', exitStatus: 'ENOUGH' })
    t.match(await outcomeOf(place, instanceId), { rows: 9171, records: 9171 })
    t.match(await state(place, instanceId), [{ execution_number: 0, crashes: 1, unit: null }])
  }
)

t.test('E12 what the job had as its exit status before its server died is what it ends with', async t => {
  const place = await serverPlace(t)
  const first = await startServer(t, place, RESUME)
  const client = batchClient(first)
  const jobXML = `<job id="resumed" xmlns="https://jakarta.ee/xml/ns/jakartaee" version="2.0">
    <step id="sets" next="sleeps"><batchlet ref="simpleBatchlet"><properties>
      <property name="job.exit.status" value="SET BEFORE"/></properties></batchlet></step>
    <step id="sleeps"><batchlet ref="sleepyBatchlet"><properties>
      <property name="sleep.time.seconds" value="2"/></properties></batchlet></step></job>`
  const answer = await client.call('POST', '/jobinstances', { applicationName: 'SimpleBatchJob', jobXML })
  t.equal(answer.status, 201, answer.text)
  const { instanceId } = answer.json as { instanceId: number }
  await until('the second step runs', async () => {
    const { rows } = (await place.database.db.raw(
      `select 1 from step_execution where instance_id = ? and step_name = 'sleeps'`,
      [instanceId]
    )) as { rows: unknown[] }
    return rows.length === 1
  })
  first.kill('SIGKILL')
  await first.ended
  const second = await startServer(t, place, RESUME)
  t.match(await batchClient(second).ended(instanceId), {
    batchStatus: 'COMPLETED',
    exitStatus: 'SET BEFORE'
  })
  t.match(await state(place, instanceId), [{ execution_number: 0, crashes: 1 }])
})

t.test('E12 what a flow had done before its server died is not done again', async t => {
  const place = await serverPlace(t)
  const first = await startServer(t, place, RESUME)
  const step = (id: string, seconds: number, next = '') =>
    `<step id="${id}" ${next} allow-start-if-complete="true"><batchlet ref="sleepyBatchlet"><properties>
      <property name="sleep.time.seconds" value="${seconds}"/></properties></batchlet></step>`
  const jobXML = `<job id="forked" xmlns="https://jakarta.ee/xml/ns/jakartaee" version="2.0"><split id="both">
    <flow id="short">${step('ended', 0)}</flow>
    <flow id="long">${step('before', 0, 'next="during"')}${step('during', 2)}</flow></split></job>`
  const answer = await batchClient(first).call('POST', '/jobinstances', {
    applicationName: 'SimpleBatchJob',
    jobXML
  })
  t.equal(answer.status, 201, answer.text)
  const { instanceId } = answer.json as { instanceId: number }
  const steps = async () => {
    const { rows } = (await place.database.db.raw(
      'select step_name, batch_status from step_execution where instance_id = ? order by step_name',
      [instanceId]
    )) as { rows: { step_name: string; batch_status: string }[] }
    return rows.map(row => `${row.step_name} ${row.batch_status}`)
  }
  await until(
    'one flow has ended and the other is in its second step',
    async () => (await steps()).join() === 'before COMPLETED,during STARTED,ended COMPLETED'
  )
  first.kill('SIGKILL')
  await first.ended
  const second = await startServer(t, place, RESUME)
  t.match(await batchClient(second).ended(instanceId), { batchStatus: 'COMPLETED' })
  t.same(await steps(), ['before COMPLETED', 'during COMPLETED', 'ended COMPLETED'])
  t.match(await state(place, instanceId), [{ execution_number: 0, crashes: 1 }])
})

async function state(place: Awaited<ReturnType<typeof serverPlace>>, instanceId: number) {
  const { rows } = (await place.database.db.raw(
    `select e.execution_number, e.batch_status, e.crashes, e.reason, u.status as unit,
      (select s.batch_status from step_execution s where s.execution_id = e.execution_id
        order by step_execution_id desc limit 1) as step
    from job_execution e left join unit u on u.execution_id = e.execution_id and u.kind = 'execution'
    where e.instance_id = ? order by e.execution_number desc`,
    [instanceId]
  )) as { rows: Record<string, unknown>[] }
  return rows
}
