// The numbers that scripts of Liberty's users test for.
import t from 'tap'
import { BATCH_STATUSES } from '../../src/batch/batch-status.ts'
import type { CliError } from '../../src/cli/cli-error.ts'
import { batchStatusExitCode, exitStatusExitCode } from '../../src/cli/exit-code.ts'

/** The exit code of the error that it throws. */
function refusal(work: () => unknown): unknown {
  try {
    return work()
  } catch (error) {
    return (error as CliError).exitCode
  }
}

t.test('batch statuses are 30 to 36, in the order of the specification', async t => {
  t.same(BATCH_STATUSES.map(batchStatusExitCode), [30, 31, 32, 33, 34, 35, 36])
  t.equal(
    refusal(() => batchStatusExitCode('QUEUED')),
    255
  )
})

t.test(
  'an exit status gives its first digits, of which a process hands on the lowest eight bits',
  async t => {
    t.same(
      ['0', '8:failure', '007', '300', '2147483647', 'COMPLETED'].map(exitStatusExitCode),
      [0, 8, 7, 44, 255, 35]
    )
  }
)

t.test('an exit status that is neither number nor batch status is 255', async t => {
  for (const wrong of ['', 'done', '-1', ' 1', '2147483648', 'completed'])
    t.equal(
      refusal(() => exitStatusExitCode(wrong)),
      255,
      wrong
    )
})
