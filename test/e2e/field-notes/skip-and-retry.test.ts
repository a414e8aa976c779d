// Items lost in silence or written twice by skip, retry and rollback; every row is counted in PostgreSQL.
import t from 'tap'
import { chunkJob, fieldNotes } from './field-notes.ts'

const { run, restart, hasRows } = await fieldNotes(t)
const list = (kind: string, name: string) =>
  `<${kind}-exception-classes><include class="${name}"/></${kind}-exception-classes>`
const SKIP = list('skippable', 'Rejected')
const RETRY = list('retryable', 'Unavailable')

t.test('with retries alone nothing is skipped: an item that keeps failing fails its step', async t => {
  const job = chunkJob({ classes: RETRY, attributes: 'item-count="5" retry-limit="3"' })
  const ran = await run(job, { unavailable: '8' })
  t.match(ran.execution, { batchStatus: 'FAILED' })
  t.match(ran.steps['load'], { metrics: { PROCESS_SKIP_COUNT: '0', ROLLBACK_COUNT: '4' } })
  await hasRows(t, ran, 7)
  await hasRows(t, await restart(ran), 10)
})

t.test('an error that is on no list is never skipped', async t => {
  const ran = await run(chunkJob({ classes: SKIP }), { unavailable: '8' })
  t.match(ran.execution, { batchStatus: 'FAILED' })
  await hasRows(t, ran, 5)
})

t.test('a skip does not end its chunk, and neither do two in a row', async t => {
  const ran = await run(chunkJob({ classes: SKIP }), { rejected: '2,3,6' })
  t.match(ran.execution, { batchStatus: 'COMPLETED' })
  t.match(ran.steps['load'], { metrics: { PROCESS_SKIP_COUNT: '3', COMMIT_COUNT: '3', ROLLBACK_COUNT: '0' } })
  await hasRows(t, ran, 7)
})

t.test(
  'the good items of a list that one item spoils are written once, and only the bad one is lost',
  async t => {
    const classes = list('skippable', 'Unavailable') + RETRY
    const ran = await run(chunkJob({ classes }), { unwritable: '7,8' })
    t.match(ran.execution, { batchStatus: 'COMPLETED' })
    t.match(ran.steps['load'], { metrics: { WRITE_SKIP_COUNT: '2', ROLLBACK_COUNT: '1', WRITE_COUNT: '8' } })
    await hasRows(t, ran, 8)
  }
)

t.test('beyond its skip-limit a step fails, and what it had committed stands for the restart', async t => {
  const job = chunkJob({ classes: SKIP, attributes: 'item-count="5" skip-limit="1"' })
  const ran = await run(job, { rejected: '2,8' })
  t.match(ran.execution, { batchStatus: 'FAILED' })
  await hasRows(t, ran, 4)
  await hasRows(t, await restart(ran), 9)
})

t.test('a chunk that is rolled back and done again leaves each of its rows once', async t => {
  const ran = await run(chunkJob({ classes: RETRY }), { flaky: '3,9' })
  t.match(ran.execution, { batchStatus: 'COMPLETED' })
  t.match(ran.steps['load'], { metrics: { READ_COUNT: '10', WRITE_COUNT: '10', ROLLBACK_COUNT: '2' } })
  await hasRows(t, ran, 10)
})
