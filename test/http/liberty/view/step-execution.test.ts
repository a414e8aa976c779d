// Step executions as Liberty writes them: an array, with links as its last element.
import t from 'tap'
import { Value } from 'typebox/value'
import { noMetrics } from '../../../../src/batch/metrics.ts'
import { StepExecutionsView, stepExecutionsView } from '../../../../src/http/liberty/view/step-execution.ts'
import { partition, stepExecution } from '../../records.ts'
import { CONTEXT, V4 } from './view-context.ts'

const NO_COUNTS = {
  READ_COUNT: '0',
  WRITE_COUNT: '0',
  COMMIT_COUNT: '0',
  ROLLBACK_COUNT: '0',
  READ_SKIP_COUNT: '0',
  PROCESS_SKIP_COUNT: '0',
  FILTER_COUNT: '0',
  WRITE_SKIP_COUNT: '0'
}

t.test('a step has the fields of the product in its order, and the links come last', async t => {
  const metrics = { ...noMetrics(), READ_COUNT: 5, FILTER_COUNT: 1 }
  const view = stepExecutionsView([stepExecution({ metrics })], CONTEXT)
  t.equal(
    JSON.stringify(view),
    JSON.stringify([
      {
        stepExecutionId: 7,
        stepName: 'close',
        executionId: 41,
        instanceId: 30,
        batchStatus: 'COMPLETED',
        startTime: '2026/11/24 12:59:18.512 +0000',
        endTime: '2026/11/24 12:59:19.001 +0000',
        exitStatus: 'COMPLETED',
        metrics: { ...NO_COUNTS, READ_COUNT: '5', FILTER_COUNT: '1' },
        partitions: []
      },
      {
        _links: [
          { rel: 'job execution', href: 'http://localhost:9080/ibm/api/batch/jobexecutions/41' },
          { rel: 'job instance', href: 'http://localhost:9080/ibm/api/batch/jobinstances/30' }
        ]
      }
    ])
  )
  t.ok(Value.Check(StepExecutionsView, view), 'it is what its schema says')
})

t.test('partitions stand by number, with restUrl and serverId', async t => {
  const partitions = [partition({ partitionNumber: 10 }), partition({ partitionNumber: 2 })]
  const [step] = stepExecutionsView([stepExecution({ partitions })], V4)
  const shown = step && 'partitions' in step ? step.partitions : []
  t.same(
    shown.map(({ partitionNumber }) => partitionNumber),
    [2, 10]
  )
  t.equal(
    JSON.stringify(shown[0]),
    JSON.stringify({
      partitionNumber: 2,
      batchStatus: 'COMPLETED',
      startTime: '2026/11/24 12:59:18.600 +0000',
      endTime: '',
      exitStatus: 'close',
      restUrl: '',
      serverId: '',
      metrics: NO_COUNTS
    })
  )
})

t.test('no step yet is an empty array without links', async t => {
  t.same(stepExecutionsView([], CONTEXT), [])
})
