// What is next for a bulk job, in every status and for every state of its instance.
import t from 'tap'
import { nextStep } from '../../src/bulk/next-step.ts'
import type { BulkJobLook } from '../../src/store/bulk-moves.ts'

const LOOK: BulkJobLook = {
  jobId: 'j',
  jobNumber: 1,
  status: 'Active',
  confirmationRequired: false,
  submitter: 's',
  instanceId: 7,
  cancelledBy: null,
  waitsFor: null,
  yieldsTo: null,
  worker: null,
  executionId: 8,
  batchStatus: 'STARTED',
  executionReason: null,
  pause: 'none',
  startsRuns: false,
  waitsForRuns: false,
  threadsWanted: false
}

for (const [title, look, kind] of [
  ['a new one is prepared', { status: 'New' }, 'prepare'],
  ['one whose server died while it read the manifest is prepared anew', { status: 'Preparing' }, 'prepare'],
  ['Ready begins when nothing is before it', { status: 'Ready' }, 'activate'],
  ['Ready waits for what is before it', { status: 'Ready', waitsFor: 'h' }, 'wait'],
  ['Active without an instance is submitted', { instanceId: null, batchStatus: null }, 'submit'],
  ['Active and at work waits', {}, 'wait'],
  ['Active pauses for one that is before it', { yieldsTo: 'h' }, 'pause'],
  ['Active is not paused for a manifest that is still read', { waitsFor: 'h' }, 'wait'],
  ['Active over a definition starts its next runs', { startsRuns: true }, 'startRuns'],
  ['Active keeps its thread while its runs run, and nobody wants one', { waitsForRuns: true }, 'wait'],
  [
    'Active gives its thread to those that wait for one while its runs run',
    { waitsForRuns: true, threadsWanted: true },
    'pauseExecution'
  ],
  [
    'Active without its thread waits for its runs',
    { waitsForRuns: true, threadsWanted: true, pause: 'paused', batchStatus: 'STARTING' },
    'wait'
  ],
  [
    'Active without its thread starts its next runs all the same',
    { startsRuns: true, waitsForRuns: true, pause: 'paused', batchStatus: 'STARTING' },
    'startRuns'
  ],
  ['Active that still pauses goes on', { pause: 'paused', batchStatus: 'STARTING' }, 'unpauseExecution'],
  [
    'Active whose instance is COMPLETED completes, whatever came meanwhile',
    { batchStatus: 'COMPLETED', yieldsTo: 'h' },
    'complete'
  ],
  ['Active whose instance was stopped is cancelled', { batchStatus: 'STOPPED' }, 'cancel'],
  ['Active whose instance FAILED fails', { batchStatus: 'FAILED' }, 'fail'],
  ['Active whose instance was abandoned fails', { batchStatus: 'ABANDONED' }, 'fail'],
  ['Active whose instance was purged fails', { batchStatus: null, executionId: null }, 'fail'],
  ['Pausing asks the engine', { status: 'Pausing' }, 'pauseExecution'],
  ['Pausing waits for the checkpoint', { status: 'Pausing', pause: 'asked' }, 'wait'],
  ['Pausing is Paused when the execution waits', { status: 'Pausing', pause: 'paused' }, 'paused'],
  [
    'Pausing is Paused when there is nothing left to pause',
    { status: 'Pausing', batchStatus: 'COMPLETED' },
    'paused'
  ],
  ['Paused waits', { status: 'Paused', waitsFor: 'h', pause: 'paused' }, 'wait'],
  ['Paused goes on when nothing is before it', { status: 'Paused', pause: 'paused' }, 'resume'],
  [
    'Paused is cancelled when its instance was stopped',
    { status: 'Paused', batchStatus: 'STOPPED', waitsFor: 'h' },
    'cancel'
  ],
  ['Completing ends', { status: 'Completing', batchStatus: 'COMPLETED' }, 'end'],
  ['Cancelling stops what runs', { status: 'Cancelling' }, 'stopExecution'],
  ['Cancelling waits for what stops', { status: 'Cancelling', batchStatus: 'STOPPING' }, 'wait'],
  ['Cancelling ends when nothing runs', { status: 'Cancelling', batchStatus: 'STOPPED' }, 'end'],
  [
    'Cancelling looks for an instance that a dead server submitted',
    { status: 'Cancelling', instanceId: null, batchStatus: null },
    'submit'
  ],
  ['Failing ends when nothing runs', { status: 'Failing', batchStatus: 'FAILED' }, 'end'],
  ["Suspended is nobody's business", { status: 'Suspended' }, 'wait'],
  ['Complete is for ever', { status: 'Complete' }, 'wait']
] as const)
  t.test(title, async t => {
    t.equal(nextStep({ ...LOOK, ...look }, false).kind, kind)
    t.equal(nextStep({ ...LOOK, ...look }, true).kind, 'wait', 'while somebody works on it')
  })

t.test('the reason of a failure is that of the execution', async t => {
  const failed = { ...LOOK, batchStatus: 'FAILED', executionReason: `it broke ${'x'.repeat(2000)}` }
  const step = nextStep(failed, false)
  t.match(step, { failure: { failureCode: 'JobExecutionFailed', failureReason: /^it broke/ } })
  t.ok(step.kind === 'fail' && step.failure.failureReason.length <= 1024)
})
