// A step with every artifact that partitions can have, for tests of their order.
import type { PartitionPlan } from '../../../src/batch/artifacts.ts'
import { type Artifacts, runJob } from '../run-job.ts'

/** One step with every partition artifact; `calls` are those of the job's thread in order, and those of partitions after `p<n>`. */
export function cycle(more: Artifacts = {}) {
  const calls: string[] = []
  const call = (name: string) => () => void calls.push(name)
  const artifacts: Artifacts = {
    listener: () => ({ beforeStep: call('beforeStep'), afterStep: call('afterStep') }),
    reducer: () => ({
      beginPartitionedStep: call('begin'),
      beforePartitionedStepCompletion: call('before'),
      rollbackPartitionedStep: call('rollback'),
      afterPartitionedStepCompletion: (status: string) => void calls.push(`after ${status}`)
    }),
    mapper: ({ jobParameters }) => ({
      mapPartitions: () => {
        calls.push('map')
        return JSON.parse(jobParameters['plan']!) as PartitionPlan
      }
    }),
    batchlet: ({ properties, partitionNumber, jobParameters }) => ({
      process: () => {
        calls.push(`p${partitionNumber}`)
        if (properties['fail'] === jobParameters['run'])
          throw new Error(`partition ${partitionNumber} on purpose`)
        return properties['answer'] ?? null
      }
    }),
    collector: ({ partitionNumber }) => ({ collectPartitionData: () => `data of ${partitionNumber}` }),
    analyzer: () => ({
      analyzeCollectorData: (data: unknown) => void calls.push(String(data)),
      analyzeStatus: (batchStatus: string, exitStatus: string) =>
        void calls.push(`${batchStatus} ${exitStatus}`)
    }),
    ...more
  }
  const work = (plan: string) => `<step id="s" #{jobParameters['attributes']}>
    <listeners><listener ref="listener"/></listeners>
    <batchlet ref="batchlet"><properties>
      <property name="answer" value="#{partitionPlan['answer']}"/><property name="fail" value="#{partitionPlan['fail']}"/>
    </properties></batchlet>
    <partition>${plan}<collector ref="collector"/><analyzer ref="analyzer"/><reducer ref="reducer"/></partition></step>`
  const run = (
    plan: PartitionPlan | string,
    number = 1,
    more: Partial<Parameters<typeof runJob>[0]> = {},
    attributes = ''
  ) => {
    calls.length = 0
    const jsl = work(typeof plan === 'string' ? plan : '<mapper ref="mapper"/>')
    const jobParameters = { run: String(number), plan: JSON.stringify(plan) }
    return runJob({
      jsl: jsl.replace("#{jobParameters['attributes']}", attributes),
      artifacts,
      jobParameters,
      ...more
    })
  }
  return { calls, run }
}
