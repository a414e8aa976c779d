// A unit that a thread of this server runs, and the answers to what the thread asks of the job repository.
import type { ExecutionThread, RunEnd, UnitHandlers } from '../executor/execution-thread.ts'
import { Fenced, type StartedStep, type UnitOrder } from '../executor/unit-port.ts'
import { CountedSpace, type SharedSpace } from '../joblog/log-space.ts'
import { BatchError } from '../batch/batch-error.ts'
import type { EndStatus } from '../batch/batch-status.ts'
import { overdueReason, type TimeLimit, warningOf } from '../batch/time-limit.ts'
import { insertFinalData } from '../store/collected-data.ts'
import { findStepExecutions } from '../store/step-executions.ts'
import { secondsOfExecution, secondsOfStep } from '../store/time-limits.ts'
import type { ClaimedUnit } from '../store/units.ts'
import type { Children } from './children.ts'
import { ChildrenAtWork } from './children-at-work.ts'
import type { DispatchOptions } from './dispatch-options.ts'
import type { LogParts } from './log-parts.ts'
import type { Moves } from './moves.ts'
import type { Parents } from './parents.ts'
import { noteResumption } from './resumption-note.ts'
import { watchTime } from './watch-time.ts'

export interface UnitSurroundings {
  readonly options: DispatchOptions
  readonly moves: Moves
  /** There are new READY units. */
  wake(): void
  readonly parents: Parents
  /** A time limit of this unit was exceeded, and its execution must stop. */
  overdue(reason: string): void
  readonly logParts: LogParts
  /** What its job log may still grow by; `null` = no limit. */
  readonly logSpace: SharedSpace | null
}

export class UnitAtWork {
  readonly unit: ClaimedUnit
  /** `null` once its end was told: from then on the thread serves other units, and nothing meant for this one may reach them. */
  #thread: ExecutionThread | null
  readonly logPath: string
  readonly #began = performance.now()
  readonly #around: UnitSurroundings
  readonly #below: ChildrenAtWork
  /** Set when a stop was told to the thread, with the timer of its grace period. */
  stopTimer: NodeJS.Timeout | null = null
  /** How it is to be recorded when its thread is ended by the server: `null` = as a crash. */
  endedAs: { readonly batchStatus: 'FAILED' | 'STOPPED'; readonly reason: string } | null = null
  /** Its thread was ended because the server drains: under `resume` it goes on elsewhere. */
  drained = false
  /** Told by a renewal or a commit that it belongs to somebody else: nothing of it is written any more. */
  fenced = false
  end: Promise<RunEnd> | null = null
  /** The step it is in, or was in last; `null` before its first, and of a partition. */
  step: string | null = null
  #atChunks = false
  /** It was asked to give way because its parent does, which waits for that. */
  yieldsWithParent = false
  /** Its parent is at work on another server. */
  #elsewhere = false
  #forgetJob = () => {}
  #forgetStep = () => {}

  constructor(unit: ClaimedUnit, thread: ExecutionThread, logPath: string, around: UnitSurroundings) {
    this.unit = unit
    this.#thread = thread
    this.logPath = logPath
    this.#around = around
    this.#below = new ChildrenAtWork({
      options: around.options,
      parent: this.claim,
      executionId: unit.executionId,
      resumed: unit.resumed,
      deliver: event => this.#thread?.deliver(event),
      wake: () => around.wake(),
      lost: () => this.#lost()
    })
  }

  /** Hands the order to the thread; `end` resolves with what became of it. */
  run(order: UnitOrder): void {
    this.#elsewhere = order.partition?.elsewhere === true
    const { logSpace, options } = this.#around
    const asks = logSpace !== null && options.host.isolation === 'process'
    const handlers = asks ? { ...this.handlers, logSpace: new CountedSpace(logSpace) } : this.handlers
    this.end = this.#thread?.run({ ...order, logSpace: asks ? 'asked' : logSpace }, handlers) ?? null
    if (this.unit.resumed && this.unit.kind === 'execution') void noteResumption(options, this)
  }

  get thread(): ExecutionThread | null {
    return this.#thread
  }

  /** Its end was told: no stop and no time limit is about it any more. The thread it had, once. */
  leaveThread(): ExecutionThread | null {
    const thread = this.#thread
    this.#thread = null
    if (this.stopTimer !== null) clearTimeout(this.stopTimer)
    this.#forgetJob()
    this.#forgetStep()
    return thread
  }

  /** Asks it, and what is below it, to give way at the next checkpoint. `withParent`: because its parent does. */
  yield(withParent = false): void {
    this.yieldsWithParent ||= withParent
    this.#thread?.yield()
    this.#below.yield()
  }

  /** Keeps the time limit of its execution, which began before this unit did where it was interrupted. */
  watchJob(limit: TimeLimit): void {
    const { db } = this.#around.options
    this.#forgetJob = this.#watch('the job', limit, () => secondsOfExecution(db, this.unit.executionId))
  }

  #watch(what: string, limit: TimeLimit, secondsSoFar: () => Promise<number>): () => void {
    const { log } = this.#around.options
    const { unitId, executionId } = this.unit
    return watchTime({
      limit,
      secondsSoFar,
      warn: () => {
        const text = warningOf(what, limit)
        log.warn({ unitId, executionId }, text)
        this.#thread?.note(text)
      },
      over: () => this.#around.overdue(overdueReason(what, limit)),
      onError: error => log.error({ err: error, unitId, executionId }, 'a time limit could not be looked at')
    })
  }

  get logParts(): LogParts {
    return this.#around.logParts
  }

  get children(): Children | null {
    return this.#below.children
  }

  /** Of children that may be on other servers, of these partitions if there is news of them; `false`: it waits for none. */
  async lookAtChildren(partitions: readonly number[] | null = null): Promise<boolean> {
    return await this.#below.look(partitions)
  }

  /** A unit that waits for its children holds its thread and does not count as work (ENGINE E10); nor does one whose end is written. */
  get works(): boolean {
    return this.#thread !== null && !this.#below.waits
  }

  /** It is in a chunk step, or its partitions are: it would yield soon if it were asked to, where a batchlet is waited for. */
  get atChunks(): boolean {
    return this.#atChunks
  }

  /** For monitoring; `stored`: how it ended, `null` = nothing of it was stored. */
  count(end: RunEnd, stored: EndStatus | null): void {
    const { counters, log } = this.#around.options
    const { unitId, epoch, executionId } = this.unit
    if (end.kind === 'fenced')
      log.warn({ unitId, epoch, executionId }, 'a commit was refused: its unit belongs to somebody else now')
    if (this.fenced || end.kind === 'fenced') counters.fenced()
    else if (end.kind === 'crashed' && this.endedAs === null && !this.drained) counters.crashed()
    if (stored !== null && this.unit.kind === 'execution')
      counters.executionEnded(stored, (performance.now() - this.#began) / 1000)
  }

  get claim(): { unitId: number; epoch: number } {
    return { unitId: this.unit.unitId, epoch: this.unit.epoch }
  }

  readonly handlers: UnitHandlers = {
    startStep: async ({ timeLimit, chunks, ...step }) => {
      this.#atChunks = chunks === true
      this.step = step.stepName
      const row = await this.#around.moves.startStep({ ...this.claim, ...step })
      if (row === null) throw this.#lost()
      const { stepExecutionId, partitions, ...state } = row
      const { db } = this.#around.options
      if (timeLimit !== undefined)
        this.#forgetStep = this.#watch(`step ${step.stepName}`, timeLimit, () =>
          secondsOfStep(db, stepExecutionId)
        )
      const started: StartedStep = {
        stepExecutionId,
        state,
        partitions: partitions.length === 0 ? null : partitions
      }
      return started
    },
    endStep: async end => {
      this.#forgetStep()
      this.#atChunks = false
      const stored = await this.#around.moves.endStep({ ...this.claim, ...end })
      if (stored === null) throw this.#lost()
      return stored
    },
    startPartitions: plan => this.#below.startPartitions(plan),
    startFlows: (split, flows) => this.#below.startFlows(split, flows),
    sendCollected: async data => {
      const partitionNumber = this.unit.partitionNumber!
      if (!this.#elsewhere)
        return this.#around.parents.collected(this.unit, { kind: 'collected', partitionNumber, data })
      const of = { stepExecutionId: this.unit.stepExecutionId!, partitionNumber }
      if (!(await insertFinalData(this.#around.options.db, this.claim, of, data))) throw this.#lost()
    },
    collectedStands: () => this.#around.parents.collectedStands(this.unit),
    stepExecutions: async stepExecutionIds =>
      await findStepExecutions(this.#around.options.db, stepExecutionIds),
    systemTask: async task => {
      try {
        return await this.#around.options.systemTask(this.unit.instanceId, task)
      } catch (error) {
        if (!(error instanceof BatchError) || error.code !== 'ServerStopping') throw error
        return await this.#leave(error.message)
      }
    },
    partOpened: relativePath => this.logParts.opened(this.unit, relativePath),
    logTrouble: reason => this.logParts.gap(this.unit, reason),
    chunksEnded: counts => this.#around.options.counters.chunks(counts)
  }

  /** What the server does for it cannot go on here, for the server ends: it is not the unit's fault. */
  #leave(reason: string): Promise<never> {
    const { recovery } = this.#around.options
    if ((this.unit.recovery ?? recovery) === 'resume') this.drained = true
    else this.endedAs ??= { batchStatus: 'STOPPED', reason }
    void this.#thread?.end(reason)
    return new Promise<never>(() => {})
  }

  #lost(): Fenced {
    return new Fenced(`unit ${this.unit.unitId} is not held by epoch ${this.unit.epoch} any more`)
  }
}
