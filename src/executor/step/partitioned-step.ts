// A partitioned step on the job's own thread: plan, analyzer and reducer around partitions that run elsewhere (JSR-352 §8.2.6, §11.5).
import type { PartitionAnalyzer, PartitionMapper, PartitionReducer } from '../../batch/artifacts.ts'
import * as messages from '../../joblog/job-log-messages.ts'
import { JOB_LOGGER } from '../../joblog/job-log-writer.ts'
import type { ArtifactRef, Partition, Properties } from '../../jsl/job-model.ts'
import { fromArtifact, unlessFenced } from '../artifact-error.ts'
import { withMethod } from '../required-method.ts'
import { Yielded } from '../unit-port.ts'
import type { UnitScope } from '../unit-scope.ts'
import {
  planPartitions,
  settleMappedPlan,
  type PlannedPartitions,
  type SettledPlan,
  type StoredPartition
} from './partition-plan.ts'
import type { StepOutcome } from './step-outcome.ts'
import type { StepScope } from './step-scope.ts'

/** Job property of Liberty's: `false` = the partitions of the job stay on the server of their step. */
const MULTI_JVM = 'com.ibm.websphere.batch.partition.multiJVM'

/** `stored`: partitions of the attempt this one goes on from. Rejects with Fenced only. */
export async function runPartitionedStep(
  unit: UnitScope,
  scope: StepScope,
  partition: Partition,
  stored: readonly StoredPartition[]
): Promise<StepOutcome> {
  const reducer = ((await optional(scope, partition.reducer)) ?? {}) as PartitionReducer
  let outcome: StepOutcome
  try {
    const analyzer = ((await optional(scope, partition.analyzer)) ?? {}) as PartitionAnalyzer
    await fromArtifact(() => reducer.beginPartitionedStep?.())
    const plan = planPartitions(await settledPlan(unit, scope, partition), stored)
    if (plan.override) await fromArtifact(() => reducer.rollbackPartitionedStep?.())
    outcome = await runPartitions(unit, scope, plan, analyzer)
    if (outcome.kind === 'completed') {
      await fromArtifact(() => reducer.beforePartitionedStepCompletion?.())
    }
  } catch (thrown) {
    outcome = { kind: 'failed', error: unlessFenced(thrown) }
  }
  return complete(scope, reducer, outcome)
}

/** Whatever did not complete is rolled back: a partition FAILED or STOPPED, or mapper, reducer or analyzer threw. */
async function complete(
  scope: StepScope,
  reducer: PartitionReducer,
  outcome: StepOutcome
): Promise<StepOutcome> {
  const calls =
    outcome.kind === 'completed'
      ? [() => reducer.afterPartitionedStepCompletion?.('COMMIT')]
      : [
          () => reducer.rollbackPartitionedStep?.(),
          () => reducer.afterPartitionedStepCompletion?.('ROLLBACK')
        ]
  let end = outcome
  for (const call of calls) {
    try {
      await fromArtifact(call)
    } catch (thrown) {
      const error = unlessFenced(thrown)
      if (end.kind === 'failed') scope.log.error('The partition reducer failed too.', error)
      else end = { kind: 'failed', error }
    }
  }
  return end
}

/** The mapper is asked on every execution, restarts too; only what it says counts is another matter. */
async function settledPlan(unit: UnitScope, scope: StepScope, partition: Partition): Promise<SettledPlan> {
  const { plan } = partition
  if (plan.kind === 'plan') return { ...plan, override: false, keepProperties: false }
  const { artifact } = plan
  const mapper = withMethod<PartitionMapper>(await scope.createArtifact(artifact), artifact, 'mapPartitions')
  const answer: unknown = await fromArtifact(() => mapper.mapPartitions())
  const settled = settleMappedPlan(answer, artifact.ref)
  // ENGINE E12: an interrupted attempt goes on with the plan it stored, it does not discard its own work.
  return goesOn(unit, scope) ? { ...settled, override: false } : settled
}

function goesOn(unit: UnitScope, scope: StepScope): boolean {
  const previous = unit.previousSteps.get(scope.step.id)
  return unit.order.resumed && previous?.stepExecutionId === scope.stepContext.stepExecutionId
}

async function runPartitions(
  unit: UnitScope,
  scope: StepScope,
  plan: PlannedPartitions,
  analyzer: PartitionAnalyzer
): Promise<StepOutcome> {
  // JSR-352 §11.13: partitions not yet started are not started.
  if (unit.stop.requested) return { kind: 'stopped' }
  const { stepExecutionId } = scope.stepContext
  await unit.port.startPartitions({ stepExecutionId, ...plan, multiJVM: multiJVMOf(unit.job.properties) })
  const underWay = new Set(plan.partitions.map(({ partitionNumber }) => partitionNumber))
  for (const done of plan.carriedOver) underWay.delete(done)
  const ends = { failed: [] as number[], stopped: false, yielded: false, analyzerError: null as Error | null }
  const analyze = async (call: () => void | Promise<void>): Promise<void> => {
    try {
      await fromArtifact(call)
    } catch (thrown) {
      // The others are allowed to finish, and go on being analyzed ([RI]).
      const error = unlessFenced(thrown)
      ends.analyzerError ??= error
      scope.log.error('The partition analyzer failed.', error)
    }
  }
  while (underWay.size > 0) {
    const event = await unit.port.nextChildEvent()
    switch (event.kind) {
      case 'collected':
        await analyze(() => analyzer.analyzeCollectorData?.(event.data))
        break
      case 'partitionEnded': {
        const { partitionNumber, batchStatus, exitStatus, message } = event
        // A second end of one partition would be the server's fault; it must not be analyzed twice.
        if (!underWay.delete(partitionNumber)) break
        if (batchStatus === 'FAILED') ends.failed.push(partitionNumber)
        if (batchStatus === 'STOPPED') ends.stopped = true
        if (event.neverBegan) break
        const told = messages.partitionEnded(unit.logged, scope.step.id, partitionNumber, event)
        unit.jobLog.write(JOB_LOGGER, told)
        // It may have ended on another server, whose going down it is that ends the job.
        if (message !== null)
          scope.log.warn(messages.partitionMessage(scope.step.id, partitionNumber, message))
        await analyze(() => analyzer.analyzeStatus?.(batchStatus, exitStatus))
        break
      }
      case 'yielded':
        if (event.partitionNumber !== null && underWay.delete(event.partitionNumber)) ends.yielded = true
        break
      case 'flowEnded':
        throw new Error(
          `step ${scope.step.id} was told of the end of flow ${event.flow}, which is not its own`
        )
    }
  }
  // A parent yields last: entered again, it makes units of the partitions that are not COMPLETED (ENGINE E12).
  if (ends.yielded) throw new Yielded()
  if (ends.failed.length > 0) return { kind: 'failed', error: failureOf(scope, ends.failed, plan) }
  if (ends.analyzerError) return { kind: 'failed', error: ends.analyzerError }
  return { kind: ends.stopped ? 'stopped' : 'completed' }
}

/** As Liberty reads it: whatever is not `false` allows it; `null` = the job does not say. */
function multiJVMOf(properties: Properties): boolean | null {
  const given = (properties[MULTI_JVM] ?? '').trim().toLowerCase()
  return given === '' ? null : given !== 'false'
}

function failureOf(scope: StepScope, failed: readonly number[], plan: PlannedPartitions): Error {
  const shown = failed.toSorted((a, b) => a - b).slice(0, 20)
  const more = failed.length > shown.length ? ' …' : ''
  return new Error(
    `${failed.length} of ${plan.partitions.length} partitions of step ${scope.step.id} FAILED: ${shown.join(', ')}${more}`
  )
}

async function optional(scope: StepScope, ref: ArtifactRef | null): Promise<object | null> {
  return ref === null ? null : scope.createArtifact(ref)
}
