// The server's side of the executor in memory: what a repository keeps of an instance, and children run at once on this thread.
import type { ChunkConnection } from '../../src/batch/artifacts.ts'
import type { BatchStatus } from '../../src/batch/batch-status.ts'
import type { StepExecution } from '../../src/batch/job-records.ts'
import { noMetrics } from '../../src/batch/metrics.ts'
import { runUnit, type UnitDeps } from '../../src/executor/run-unit.ts'
import { StopRequest } from '../../src/executor/stop-request.ts'
import type {
  Checkpoint,
  ChildEvent,
  ChunkTarget,
  ChunkTransactions,
  EndStep,
  StartedStep,
  StartStep,
  UnitOrder,
  UnitPort
} from '../../src/executor/unit-port.ts'
import {
  nextId,
  NOTHING,
  type PartitionRow,
  type RecordedInstance,
  type StepRow,
  sum
} from './recorded-instance.ts'

export class RecordedUnitPort implements UnitPort {
  readonly #instance: RecordedInstance
  readonly #order: UnitOrder
  readonly #stop: StopRequest
  readonly #deps: UnitDeps
  readonly #emit: (event: ChildEvent) => void
  readonly #events: ChildEvent[] = []
  readonly #chunks = new Map<string, ChunkTransactions>()
  #waiting: ((event: ChildEvent) => void) | null = null

  constructor(
    instance: RecordedInstance,
    order: UnitOrder,
    stop: StopRequest,
    deps: UnitDeps,
    emit: (event: ChildEvent) => void = () => {}
  ) {
    this.#instance = instance
    this.#order = order
    this.#stop = stop
    this.#deps = deps
    this.#emit = emit
  }

  async startStep({ stepName, mode, jobExitStatus }: StartStep): Promise<StartedStep> {
    this.#instance.calls.push(`startStep ${stepName} ${mode}`)
    const latest = this.#instance.steps.findLast(step => step.stepName === stepName)
    const { executionId } = this.#order
    if (latest?.executionId === executionId && latest.batchStatus === 'STARTED') {
      return { ...latest, partitions: latest.partitions }
    }
    const went = latest?.state ?? NOTHING
    const state =
      mode === 'continue'
        ? { ...went, metrics: noMetrics() }
        : { ...NOTHING, persistentUserData: went.persistentUserData, chunkNumber: went.chunkNumber }
    const stepExecutionId = nextId()
    const row = { batchStatus: 'STARTED' as BatchStatus, exitStatus: null, message: null, partitions: [] }
    this.#instance.steps.push({ ...row, jobExitStatus, stepExecutionId, executionId, stepName, state })
    return structuredClone({
      stepExecutionId,
      state,
      partitions: mode === 'continue' && latest && latest.partitions.length > 0 ? latest.partitions : null
    })
  }

  async endStep({
    stepExecutionId,
    persistentUserData,
    metrics,
    ...end
  }: EndStep): Promise<EndStep['batchStatus']> {
    const step = this.#instance.step(stepExecutionId)
    this.#instance.calls.push(`endStep ${step.stepName} ${end.batchStatus} ${end.exitStatus}`)
    const state = { ...step.state, persistentUserData: structuredClone(persistentUserData) }
    Object.assign(step, { ...end, state: { ...state, metrics: metrics ?? sum(step.partitions) } })
    return end.batchStatus
  }

  async startPartitions(plan: Parameters<UnitPort['startPartitions']>[0]): Promise<void> {
    const numbers = plan.partitions.map(({ partitionNumber }) => partitionNumber)
    this.#instance.calls.push(
      `startPartitions ${numbers.join()} carried ${plan.carriedOver.join()} threads ${plan.threads}${plan.override ? ' override' : ''}`
    )
    const step = this.#instance.step(plan.stepExecutionId)
    const latest = this.#instance.steps.findLast(({ stepName, stepExecutionId }) => {
      return stepName === step.stepName && stepExecutionId < plan.stepExecutionId
    })
    step.partitions = plan.partitions.map(({ partitionNumber, planProperties }) => {
      const before = plan.override
        ? undefined
        : latest?.partitions.find(one => one.partitionNumber === partitionNumber)
      const carriedOver = plan.carriedOver.includes(partitionNumber)
      const state = { ...(before?.state ?? NOTHING), metrics: noMetrics() }
      const row = { partitionNumber, planProperties, carriedOver, state, message: null }
      const status =
        carriedOver && before ? before : { batchStatus: 'STARTING' as BatchStatus, exitStatus: null }
      return { ...row, batchStatus: status.batchStatus, exitStatus: status.exitStatus }
    })
    const waiting = step.partitions.filter(({ carriedOver }) => !carriedOver)
    const lanes = plan.threads === 0 ? waiting.length : plan.threads
    for (let lane = 0; lane < lanes; lane++) void this.#partitionLane(step, waiting)
  }

  async #partitionLane(step: StepRow, waiting: PartitionRow[]): Promise<void> {
    for (let next = waiting.shift(); next; next = waiting.shift()) {
      const { partitionNumber, planProperties, state } = next
      const { stepExecutionId, stepName } = step
      const partition = { stepExecutionId, stepName, partitionNumber, planProperties, state }
      const neverBegan = this.#stop.requested
      if (neverBegan) Object.assign(next, { batchStatus: 'STOPPED', exitStatus: 'STOPPED' })
      else {
        const outcome = await this.#child({ ...this.#order, kind: 'partition', flow: null, partition })
        const { persistentUserData, metrics, message } = outcome.partition!
        const ended = { ...next.state, persistentUserData: structuredClone(persistentUserData), metrics }
        const { batchStatus, exitStatus } = outcome
        Object.assign(next, { batchStatus, exitStatus, message, state: ended })
      }
      const { batchStatus, exitStatus, message } = next as PartitionRow &
        Pick<EndStep, 'batchStatus' | 'exitStatus'>
      this.deliver({ kind: 'partitionEnded', partitionNumber, batchStatus, exitStatus, message, neverBegan })
    }
  }

  async startFlows(split: string, flows: readonly string[]): Promise<void> {
    this.#instance.calls.push(`startFlows ${split} ${flows.join()}`)
    for (const flow of flows) {
      void this.#child({ ...this.#order, kind: 'flow', flow: { split, flow }, partition: null }).then(
        outcome => this.deliver({ kind: 'flowEnded', flow, outcome: outcome.flow! })
      )
    }
  }

  #child(order: UnitOrder): ReturnType<typeof runUnit> {
    const stop = new StopRequest()
    const forget = this.#stop.onRequest(() => stop.request('the parent was stopped'))
    const emit = (event: ChildEvent) => this.deliver(event)
    const port = new RecordedUnitPort(this.#instance, structuredClone(order), stop, this.#deps, emit)
    return runUnit(structuredClone(order), port, stop, this.#deps).finally(forget)
  }

  deliver(event: ChildEvent): void {
    this.#instance.calls.push(`event ${event.kind}`)
    if (this.#waiting) this.#waiting(event)
    else this.#events.push(event)
    this.#waiting = null
  }

  nextChildEvent(): Promise<ChildEvent> {
    const event = this.#events.shift()
    return event ? Promise.resolve(event) : new Promise(resolve => (this.#waiting = resolve))
  }

  async sendCollected(data: unknown): Promise<void> {
    const { partitionNumber } = this.#order.partition!
    this.#emit({ kind: 'collected', partitionNumber, data: structuredClone(data) })
  }

  async stepExecutions(ids: readonly number[]): Promise<readonly StepExecution[]> {
    const { instanceId } = this.#instance
    return ids.toReversed().map(id => {
      const { state, partitions: _, jobExitStatus: __, ...row } = this.#instance.step(id)
      const { persistentUserData, metrics } = state
      const times = { startTime: new Date(0), endTime: new Date(0) }
      return { ...row, ...times, instanceId, persistentUserData, metrics, partitions: [] }
    })
  }

  systemTask(): Promise<string> {
    return Promise.reject(new Error('there is no server here'))
  }

  partOpened(): void {}

  collectedStands(): void {}

  async chunks(target: ChunkTarget): Promise<ChunkTransactions> {
    const key = JSON.stringify(target)
    const known = this.#chunks.get(key) ?? this.#transactions(target)
    this.#chunks.set(key, known)
    return known
  }

  /** Without a database: what is written elsewhere stays, only the checkpoint is kept or not. */
  #transactions(target: ChunkTarget): ChunkTransactions {
    const step = this.#instance.step(target.stepExecutionId)
    const row =
      target.kind === 'step'
        ? step
        : step.partitions.find(one => one.partitionNumber === target.partitionNumber)!
    const nothing = async () => {}
    const connection: ChunkConnection = {
      query: () => Promise.reject(new Error('there is no database here')),
      copy: () => Promise.reject(new Error('there is no database here'))
    }
    const commit = async (checkpoint: Checkpoint | null) => {
      if (checkpoint) row.state = structuredClone(checkpoint)
      return this.#stop.requested ? ('stopping' as const) : ('committed' as const)
    }
    const savepoints = { savepoint: nothing, rollbackToSavepoint: nothing, releaseSavepoint: nothing }
    return { connection, begin: nothing, ...savepoints, commit, rollback: nothing, release: nothing }
  }
}
