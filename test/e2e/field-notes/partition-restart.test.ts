// A partitioned step that cannot be restarted correctly: nothing executed, other ranges, the same partition twice, an empty result.
import t from 'tap'
import { chunkJob, fieldNotes, MAPPED } from './field-notes.ts'

const { run, restart, hasRows } = await fieldNotes(t)
const JOB = chunkJob({ partition: MAPPED })

t.test('a step whose mapper failed has done nothing, and its restart runs every partition', async t => {
  const first = await run(JOB, { mapper: 'fails' })
  t.match(first.execution, { batchStatus: 'FAILED' })
  await hasRows(t, first, 0)
  const second = await restart(first)
  t.match(second.execution, { batchStatus: 'COMPLETED' })
  await hasRows(t, second, 30)
})

t.test('a mapper that fails on a restart does not make partitions forget what they completed', async t => {
  const first = await run(JOB, { rejected: '108' })
  t.match(first.execution, { batchStatus: 'FAILED' })
  await hasRows(t, first, 25)
  const second = await restart(first, { mapper: 'fails' })
  t.match(second.execution, { batchStatus: 'FAILED' })
  const third = await restart(second)
  t.match(third.execution, { batchStatus: 'COMPLETED' })
  await hasRows(t, third, 30)
})

t.test('a mapper that answers another number of ranges on a restart changes no range', async t => {
  const first = await run(JOB, { rejected: '108' })
  const second = await restart(first, { partitions: '7' })
  t.match(second.execution, { batchStatus: 'COMPLETED' })
  await hasRows(t, second, 30)
})

t.test('each partition that did not complete runs again, once, from its own checkpoint', async t => {
  const first = await run(JOB, { rejected: '3,208' })
  t.match(first.execution, { batchStatus: 'FAILED' })
  await hasRows(t, first, 15)
  const second = await restart(first)
  t.match(second.execution, { batchStatus: 'COMPLETED' })
  t.match(second.steps['load'], { metrics: { READ_COUNT: '15', WRITE_COUNT: '15' } })
  await hasRows(t, second, 30)
})

t.test('after a restart the analyzer is given the partitions that ran, not an empty list', async t => {
  const first = await run(JOB, { rejected: '108' })
  t.match(first.steps['load'], { exitStatus: '7 data, COMPLETED COMPLETED FAILED' })
  const second = await restart(first)
  t.match(second.steps['load'], { exitStatus: '2 data, COMPLETED' })
})
