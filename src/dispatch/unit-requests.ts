// What is asked of the units of this server: to stop, to give way, to end at once. Of one that is being begun it is kept until
// it has begun.
import { stopOverdue } from '../store/time-limits.ts'
import type { ClaimedUnit } from '../store/units.ts'
import type { DispatchOptions } from './dispatch-options.ts'
import { writeLastLine } from './last-line.ts'
import { createStopDelivery, type StopDelivery } from './stop-delivery.ts'
import type { UnitAtWork } from './unit-at-work.ts'
import type { UnitRunner } from './unit-runner.ts'

export class UnitRequests {
  readonly #options: DispatchOptions
  readonly #runner: UnitRunner
  readonly #stops: StopDelivery
  /** Units for which a stop, or an end from outside, came while they were being begun. */
  readonly #atBegin = new Map<number, 'stop' | 'gone' | 'yield' | 'handOn'>()
  /** Executions that are to yield, and those that a time limit stopped: until nothing of them is here. */
  readonly #yields = new Set<number>()
  readonly #overdue = new Map<number, string>()

  constructor(options: DispatchOptions, runner: UnitRunner) {
    this.#options = options
    this.#runner = runner
    this.#stops = createStopDelivery(options, executionId => this.#overdue.get(executionId) ?? null)
  }

  yields(executionId: number): boolean {
    return this.#yields.has(executionId)
  }

  /** It hears now what came while it was being begun. */
  began(atWork: UnitAtWork): void {
    const { unitId, executionId } = atWork.unit
    const told = this.#atBegin.get(unitId)
    this.#atBegin.delete(unitId)
    if (told === 'gone') this.#cutOff(atWork)
    else if (told === 'stop') this.tellStop(atWork)
    else if (told === 'handOn') atWork.yield()
    else if (told === 'yield' || this.#yields.has(executionId)) atWork.yield(true)
  }

  /** It is here no more, begun or not. */
  ended({ unitId, executionId }: ClaimedUnit): void {
    this.#atBegin.delete(unitId)
    if (this.#isHere(executionId)) return
    this.#yields.delete(executionId)
    this.#overdue.delete(executionId)
  }

  /** Tells every unit at work that is meant. */
  stop(meant: (unit: ClaimedUnit) => boolean): void {
    for (const atWork of this.#runner.running) if (meant(atWork.unit)) this.tellStop(atWork)
    for (const unit of this.#runner.beginning) if (meant(unit)) this.#atBegin.set(unit.unitId, 'stop')
  }

  tellStop(atWork: UnitAtWork): void {
    this.#stops
      .tell(atWork)
      .catch((error: unknown) => this.#options.log.error({ err: error }, 'a stop could not be told'))
  }

  /** All of it that is at work here gives way at its next checkpoint; safe to repeat. */
  pause(executionId: number): void {
    if (!this.#isHere(executionId)) return
    this.#yields.add(executionId)
    for (const atWork of this.#runner.running) if (atWork.unit.executionId === executionId) atWork.yield(true)
  }

  /** What is meant gives way at its next checkpoint, with its parent or for whoever takes it; safe to repeat. */
  giveWay(meant: (unit: ClaimedUnit) => boolean, withParent: boolean): void {
    for (const atWork of this.#runner.running) if (meant(atWork.unit)) atWork.yield(withParent)
    for (const unit of this.#runner.beginning)
      if (meant(unit) && !this.#atBegin.has(unit.unitId))
        this.#atBegin.set(unit.unitId, withParent ? 'yield' : 'handOn')
  }

  /** It was ended from outside and nothing of it has a unit any more: its threads end without running user code. */
  executionEnded(executionId: number): void {
    for (const atWork of this.#runner.running)
      if (atWork.unit.executionId === executionId && !this.#runner.isEnding(atWork.unit.unitId))
        this.#cutOff(atWork)
    for (const unit of this.#runner.beginning)
      if (unit.executionId === executionId) this.#atBegin.set(unit.unitId, 'gone')
  }

  /** It has exceeded a time limit, which `reason` says. */
  overdue(atWork: UnitAtWork, reason: string): void {
    this.#stopOverdue(atWork, reason).catch((error: unknown) =>
      this.#options.log.error({ err: error }, 'what exceeded its time limit could not be stopped')
    )
  }

  async #stopOverdue(atWork: UnitAtWork, reason: string): Promise<void> {
    const { unit } = atWork
    const ended = () => !this.#runner.running.includes(atWork)
    // Another limit of the same execution was first.
    if (this.#overdue.has(unit.executionId)) return
    // Before it is written: the notification may be here sooner than the answer.
    this.#overdue.set(unit.executionId, reason)
    const retry = { awayMs: Infinity, giveUp: ended }
    if (!(await stopOverdue(this.#options.db, unit, reason, retry))) {
      this.#overdue.delete(unit.executionId)
      return
    }
    this.#options.log.warn({ executionId: unit.executionId }, reason)
    this.stop(each => each.executionId === unit.executionId)
  }

  #cutOff(atWork: UnitAtWork): void {
    // It may be told twice, by the operator and by the notification.
    if (atWork.fenced) return
    this.#runner.fence(atWork)
    this.#options.log.warn({ executionId: atWork.unit.executionId }, 'a job execution was ended from outside')
    if (atWork.unit.kind === 'execution') void writeLastLine(this.#options, atWork)
  }

  #isHere(executionId: number): boolean {
    const { beginning, running } = this.#runner
    return [...beginning, ...running.map(({ unit }) => unit)].some(unit => unit.executionId === executionId)
  }
}
