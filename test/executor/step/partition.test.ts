// What a partition has of its own, and what of it reaches the job.
import t from 'tap'
import type { Injected } from '../../../src/batch/artifacts.ts'
import { type Artifacts, runJob } from '../run-job.ts'

function jslOf(work: string, partitions: number, more = ''): string {
  return `<properties><property name="of" value="the job"/></properties><step id="s">
    <properties><property name="of" value="the step"/></properties>
    ${work}<partition><plan partitions="${partitions}"/>${more}</partition></step>`
}

const COLLECTED = '<collector ref="collector"/><analyzer ref="analyzer"/>'
const CHUNK = '<chunk item-count="10"><reader ref="reader"/><writer ref="writer"/></chunk>'

function counting(items: number, failsAt = Infinity): Artifacts {
  return {
    reader: () => {
      let read = 0
      return {
        open: (checkpoint: number | null) => void (read = checkpoint ?? 0),
        readItem: () => {
          if (read === failsAt) throw new Error('on purpose')
          return read < items ? ++read : null
        },
        checkpointInfo: () => read
      }
    },
    writer: () => ({ writeItems: () => {} }),
    collector: () => ({ collectPartitionData: () => 1 })
  }
}

for (const [items, failsAt, calls] of [
  [30, Infinity, 4],
  [25, Infinity, 4],
  [10, Infinity, 2],
  [0, Infinity, 1],
  [30, 25, 2]
] as const) {
  t.test(
    `${items} items ten by ten${failsAt < items ? `, failing at ${failsAt},` : ''} are collected ${calls} times`,
    async t => {
      let collected = 0
      const analyzer = () => ({ analyzeCollectorData: () => void collected++ })
      await runJob({ jsl: jslOf(CHUNK, 1, COLLECTED), artifacts: { ...counting(items, failsAt), analyzer } })
      t.equal(collected, calls)
    }
  )
}

t.test('a partition has contexts of its own: what it sets does not reach the job', async t => {
  const seen: unknown[] = []
  const batchlet = ({ jobContext, stepContext, partitionNumber }: Injected) => ({
    process: () => {
      seen.push([jobContext.exitStatus, jobContext.transientUserData, stepContext.exitStatus])
      seen.push([jobContext.properties['of'], stepContext.properties['of'], stepContext.stepExecutionId])
      jobContext.exitStatus = stepContext.exitStatus = `SET BY ${partitionNumber}`
      jobContext.transientUserData = stepContext.persistentUserData = partitionNumber
    }
  })
  const job = await runJob({ jsl: jslOf('<batchlet ref="batchlet"/>', 2), artifacts: { batchlet } })
  const { stepExecutionId } = job.steps[0]!
  const one = [
    [null, null, null],
    ['the job', 'the step', stepExecutionId]
  ]
  t.same(seen, [...one, ...one])
  t.match(job, {
    exitStatus: null,
    steps: [{ exitStatus: 'COMPLETED', state: { persistentUserData: null } }]
  })
  t.match(job.steps[0]!.partitions, [
    { exitStatus: 'SET BY 0', state: { persistentUserData: 0 } },
    { exitStatus: 'SET BY 1', state: { persistentUserData: 1 } }
  ])
})

t.test('step listeners are called once, on the job’s thread; chunk listeners in each partition', async t => {
  const calls: string[] = []
  const listener = ({ partitionNumber }: Injected) => ({
    beforeStep: () => void calls.push(`beforeStep ${partitionNumber}`),
    afterChunk: () => void calls.push(`afterChunk ${partitionNumber}`)
  })
  const jsl = jslOf(`<listeners><listener ref="listener"/></listeners>${CHUNK}`, 2)
  await runJob({ jsl, artifacts: { ...counting(1), listener } })
  t.same(calls.toSorted(), ['afterChunk 0', 'afterChunk 1', 'beforeStep null'])
})

t.test('the counters of the step are the sum of its partitions', async t => {
  const job = await runJob({ jsl: jslOf(CHUNK, 3), artifacts: counting(12) })
  t.match(job.steps[0]!.state.metrics, { READ_COUNT: 36, WRITE_COUNT: 36, COMMIT_COUNT: 6 })
})

t.test('collector data that cannot be stored fail the partition and say so', async t => {
  const collector = () => ({ collectPartitionData: () => () => 1 })
  const analyzer = () => ({ analyzeCollectorData: () => {} })
  const job = await runJob({
    jsl: jslOf(CHUNK, 1, COLLECTED),
    artifacts: { ...counting(1), collector, analyzer }
  })
  t.match(job.steps[0]!.partitions[0]!.message, /What the partition collector answered cannot be stored/)
})
