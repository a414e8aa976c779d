// Counters that are wrong or missing: skips and filters of partitions, and totals over restarts.
import t from 'tap'
import { chunkJob, fieldNotes, MAPPED } from './field-notes.ts'

const { run, restart, hasRows } = await fieldNotes(t)
const classes =
  '<skippable-exception-classes><include class="Rejected"/></skippable-exception-classes>' +
  '<retryable-exception-classes><include class="Unavailable"/></retryable-exception-classes>'
const JOB = chunkJob({ partition: MAPPED, classes, attributes: 'item-count="5" skip-limit="2"' })

t.test(
  'reads, writes, filters, skips, commits and rollbacks of all partitions are summed in the step',
  async t => {
    const ran = await run(JOB, { rejected: '2,103', filtered: '4,5,204', flaky: '209' })
    t.match(ran.execution, { batchStatus: 'COMPLETED' })
    t.match(ran.steps['load'], {
      metrics: {
        READ_COUNT: '30',
        WRITE_COUNT: '25',
        FILTER_COUNT: '3',
        PROCESS_SKIP_COUNT: '2',
        READ_SKIP_COUNT: '0',
        WRITE_SKIP_COUNT: '0',
        ROLLBACK_COUNT: '1'
      }
    })
    await hasRows(t, ran, 25)
  }
)

t.test('each execution counts its own work, and together they count every row once', async t => {
  const failing = await run(chunkJob({ partition: MAPPED }), { rejected: '8,103,208' })
  t.match(failing.execution, { batchStatus: 'FAILED' })
  const counts = [failing, await restart(failing)]
  const sum = (metric: string) =>
    counts.reduce((total, ran) => total + Number(ran.steps['load'].metrics[metric]), 0)
  t.equal(sum('WRITE_COUNT'), 30)
  t.equal(sum('READ_COUNT'), 30)
  await hasRows(t, counts.at(-1)!, 30)
})
