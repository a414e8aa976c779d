// How the statuses of JSR-352 fold into the few words of document 003, all of them.
import t from 'tap'
import { BATCH_STATUSES, FINAL_BATCH_STATUSES } from '../../src/batch/batch-status.ts'
import { BATCH_STATES, batchStateOf, STEP_STATES, stepStateOf } from '../../src/batch/pipeline-batch.ts'

t.test('R003-15 every status has a word of document 003, and no other words are used', t => {
  const batches = BATCH_STATUSES.flatMap(status => [batchStateOf(status, false), batchStateOf(status, true)])
  t.same([...new Set(batches)].toSorted(), [...BATCH_STATES].toSorted())
  const steps = BATCH_STATUSES.map(stepStateOf)
  // `none` is a step that has no status yet.
  t.same([...new Set(steps)].toSorted(), STEP_STATES.filter(state => state !== 'none').toSorted())
  for (const status of BATCH_STATUSES)
    t.equal(
      batchStateOf(status, false) === 'stop',
      FINAL_BATCH_STATUSES.some(final => final === status),
      `${status}: whoever polls ends when it has ended, and not before`
    )
  t.end()
})
