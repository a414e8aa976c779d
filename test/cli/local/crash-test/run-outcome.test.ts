// What of two runs is compared, and what a crash may change.
import t from 'tap'
import type { StepExecution } from '../../../../src/batch/job-records.ts'
import { noMetrics } from '../../../../src/batch/metrics.ts'
import { differences, statusLines } from '../../../../src/cli/local/crash-test/run-outcome.ts'

const COMPLETED = { batchStatus: 'COMPLETED', exitStatus: 'COMPLETED' } as const

function attempt(batchStatus: 'COMPLETED' | 'FAILED', read: number, commits = 1): StepExecution {
  return {
    stepExecutionId: 1,
    executionId: 1,
    instanceId: 1,
    stepName: 'load',
    batchStatus,
    exitStatus: batchStatus,
    startTime: new Date(0),
    endTime: new Date(1),
    persistentUserData: null,
    metrics: { ...noMetrics(), READ_COUNT: read, COMMIT_COUNT: commits, ROLLBACK_COUNT: commits },
    message: null,
    partitions: []
  }
}

t.test('the attempts at a step count together, and the last one gives its status', async t => {
  const undisturbed = statusLines(COMPLETED, [attempt('COMPLETED', 30, 4)], true)
  const killed = statusLines(COMPLETED, [attempt('FAILED', 10), attempt('COMPLETED', 20, 9)], true)
  t.same(differences(undisturbed, killed), [])
})

t.test('items that were read twice are a difference, unless counts are left out', async t => {
  const twice = [attempt('FAILED', 10), attempt('COMPLETED', 30)]
  const undisturbed = [attempt('COMPLETED', 30)]
  t.same(differences(statusLines(COMPLETED, undisturbed, true), statusLines(COMPLETED, twice, true)), [
    { label: 'step load READ_COUNT', undisturbed: '30', found: '40' }
  ])
  t.same(differences(statusLines(COMPLETED, undisturbed, false), statusLines(COMPLETED, twice, false)), [])
})

t.test('a step that may start again after it completed counts from there', async t => {
  const again = statusLines(COMPLETED, [attempt('COMPLETED', 30), attempt('COMPLETED', 30)], true)
  t.equal(again.get('step load READ_COUNT'), '30')
})

t.test('another status, and a line that only one of them has, are differences', async t => {
  const failed = statusLines({ batchStatus: 'FAILED', exitStatus: null }, [], true)
  t.same(differences(statusLines(COMPLETED, [], true), failed), [
    { label: 'job batchStatus', undisturbed: 'COMPLETED', found: 'FAILED' },
    { label: 'job exitStatus', undisturbed: 'COMPLETED', found: 'null' }
  ])
  t.same(differences(new Map(), new Map([['file a', '1 bytes']])), [
    { label: 'file a', undisturbed: null, found: '1 bytes' }
  ])
})
