// The partitions that a bulk job's tasks are put into: all of them, each once, and no part in which failures look worse than in the whole.
import t from 'tap'
import { compileBulkJob } from '../../src/bulk/compile-job.ts'

const operation = { artifact: { application: 'Bulk', ref: 'failEvery', properties: {} } }

function rangesOf(total: number): { after: number; to: number }[] {
  const { jsl } = compileBulkJob({ jobId: 'j', operation, application: 'Bulk', total })
  return [...jsl.matchAll(/name="after" value="(\d+)"\/><property name="to" value="(\d+)"/g)].map(
    ([, after, to]) => ({ after: Number(after), to: Number(to) })
  )
}

t.test('every task is in one partition', async t => {
  for (const total of [1, 99, 100, 101, 1599, 1600, 1601, 2000, 3333, 1_000_000]) {
    const ranges = rangesOf(total)
    t.ok(ranges.length <= 16 && ranges.length === Math.min(16, Math.ceil(total / 100)), `${total}`)
    t.ok(ranges.every(({ after, to }, at) => after < to && after === (at === 0 ? 0 : ranges[at - 1]!.to)))
    t.equal(ranges.at(-1)!.to, total)
  }
})

t.test(
  'R002-31 where every n-th task fails, no part of what is done has failed more than every n-th',
  async t => {
    for (const total of [2000, 3333, 12_345])
      for (const n of [2, 4, 5, 10, 20, 50])
        for (const { after, to } of rangesOf(total)) {
          const failed = Math.floor(to / n) - Math.floor(after / n)
          if (failed * n > to - after) t.fail(`${total} tasks: ${failed} of ${after} to ${to}`)
        }
  }
)
