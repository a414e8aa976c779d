// Puts together what the work of a step, or of one partition of it, shares; the only place that knows what a step's artifacts are injected.
import type { ChunkConnection } from '../../batch/artifacts.ts'
import type { Step } from '../../jsl/job-model.ts'
import { type ChunkKeyState, StepContextState } from '../contexts.ts'
import type { ChunkTarget, StepState } from '../unit-port.ts'
import { createArtifact, type InjectedOfStep, type UnitScope } from '../unit-scope.ts'
import type { StepScope } from './step-scope.ts'

export interface StepWork {
  readonly step: Step
  readonly state: StepState
  readonly target: ChunkTarget
  readonly listeners: readonly object[]
}

/** `work.listeners` may be filled until the step's work begins. */
export function newStepScope(unit: UnitScope, work: StepWork): StepScope {
  const { step, state, target, listeners } = work
  const partitionNumber = target.kind === 'partition' ? target.partitionNumber : null
  const stepContext = new StepContextState(
    { stepName: step.id, stepExecutionId: target.stepExecutionId, properties: step.properties },
    state
  )
  const chunk: ChunkKeyState = {
    instanceId: unit.order.instanceId,
    stepName: step.id,
    partitionNumber,
    chunkNumber: state.chunkNumber
  }
  const ofStep: InjectedOfStep = { stepContext, partitionNumber, chunk, connection: connectionOf(unit, work) }
  return {
    order: unit.order,
    step,
    jobContext: unit.jobContext,
    stepContext,
    port: unit.port,
    stop: unit.stop,
    state,
    target,
    partitionNumber,
    chunk,
    listeners,
    createArtifact: ref => createArtifact(unit, ref, ofStep),
    log: unit.log
  }
}

/** Asked for at its first statement only: most chunks have no use for the database beyond their checkpoint. */
function connectionOf(unit: UnitScope, { step, target }: StepWork): ChunkConnection {
  if (step.work.kind === 'chunk') {
    const connection = async () => (await unit.port.chunks(target)).connection
    return {
      query: async (sql, values) => (await connection()).query(sql, values),
      copy: async (table, columns, rows) => (await connection()).copy(table, columns, rows)
    }
  }
  const refuse = async () => {
    throw new Error(
      `Step ${step.id} has no chunk: the connection belongs to a chunk's transaction, and a batchlet has none. Open a connection of your own.`
    )
  }
  return { query: refuse, copy: refuse }
}
