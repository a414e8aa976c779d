// The table of a bulk job's moves, against document 002 and against the schema.
import t from 'tap'
import {
  BULK_JOB_STATUS_EDGES,
  BULK_JOB_STATUSES,
  bulkJobGuard,
  FINAL_BULK_JOB_STATUSES
} from '../../src/batch/bulk-job-status.ts'
import { sourceAt } from '../house/sources.ts'

const next = (from: string) =>
  [...new Set(BULK_JOB_STATUS_EDGES.filter(edge => edge.from === from).map(({ to }) => to))].toSorted()

t.test(
  'R002-11 to R002-23 each status leads where document 002 says, and a cancel from wherever nothing is decided',
  async t => {
    t.same(Object.fromEntries(BULK_JOB_STATUSES.map(status => [status, next(status)])), {
      New: ['Cancelling', 'Preparing'],
      Preparing: ['Cancelling', 'Failing', 'Ready', 'Suspended'],
      Suspended: ['Cancelling', 'Ready'],
      Ready: ['Active', 'Cancelling'],
      Active: ['Cancelling', 'Completing', 'Failing', 'Pausing'],
      Pausing: ['Cancelling', 'Paused'],
      Paused: ['Active', 'Cancelling'],
      Completing: ['Complete'],
      Complete: [],
      Cancelling: ['Cancelled'],
      Cancelled: [],
      Failing: ['Failed'],
      Failed: []
    })
  }
)

t.test('R002-24 nothing leads out of a final status, and all others lead somewhere', async t => {
  for (const status of BULK_JOB_STATUSES)
    t.equal(
      next(status).length === 0,
      FINAL_BULK_JOB_STATUSES.some(final => final === status),
      status
    )
})

t.test('no move is listed twice, and the guard of each is its edges', async t => {
  const moves = BULK_JOB_STATUS_EDGES.map(({ from, to, by }) => `${from} ${to} ${by}`)
  t.equal(new Set(moves).size, moves.length)
  t.same(bulkJobGuard('confirm', 'Ready'), ['Suspended'])
  t.same(bulkJobGuard('confirm', 'Active'), [])
})

t.test('the CHECK constraint of the schema lists the very statuses', async t => {
  const { text } = await sourceAt('migrations/schema.sql')
  const list = /CHECK \(job_status = ANY \(ARRAY\[(.*?)\]/.exec(text)?.[1] ?? ''
  t.same(
    [...list.matchAll(/'(\w+)'::text/g)].map(([, status]) => status),
    BULK_JOB_STATUSES
  )
})
