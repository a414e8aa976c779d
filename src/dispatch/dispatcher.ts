// Claims units that are READY as threads come free, and tells running ones of stops: the heart of a server.
import { stopOverdue } from '../store/time-limits.ts'
import { type ClaimedUnit, claimUnits, releaseUnits } from '../store/units.ts'
import { ClaimedUnits } from './claimed-units.ts'
import type { DispatchOptions } from './dispatch-options.ts'
import { writeLastLine } from './last-line.ts'
import { ClaimLoop, type ClaimVerdict } from './claim-loop.ts'
import { Pace } from './pace.ts'
import { createPreemption, type Preemption } from './preemption.ts'
import { createStopDelivery, type StopDelivery } from './stop-delivery.ts'
import { ServerCaps } from './server-caps.ts'
import type { UnitAtWork } from './unit-at-work.ts'
import { UnitRunner } from './unit-runner.ts'

/** Most units of one claim (ENGINE E3). */
const CLAIM_LIMIT = 64

/** A server claims ahead what it will begin within this time (E4). */
const AHEAD_MS = 100

/** What it has not begun after this time goes back: the units before it take longer than the rate promised. */
const LATE_MS = 1000

export class Dispatcher {
  readonly #options: DispatchOptions
  readonly runner: UnitRunner
  readonly #stops: StopDelivery
  readonly #preemption: Preemption
  readonly #claimed = new ClaimedUnits()
  /** Units for which a stop, or an end from outside, came while they were being begun. */
  readonly #atBegin = new Map<number, 'stop' | 'gone' | 'yield' | 'handOn'>()
  /** Executions that are to yield, and those that a time limit stopped: until nothing of them is here. */
  readonly #yields = new Set<number>()
  readonly #overdue = new Map<number, string>()
  readonly #caps: ServerCaps
  #held = false
  readonly #pace = new Pace()
  #accepting = false
  readonly #claims: ClaimLoop

  constructor(options: DispatchOptions) {
    this.#options = options
    this.#caps = new ServerCaps(options)
    this.#claims = new ClaimLoop(
      () => this.#claim(),
      error => options.log.error({ err: error }, 'units could not be claimed')
    )
    this.runner = new UnitRunner(options, {
      wake: () => this.wake(),
      freed: () => {
        this.#beginClaimed()
        if (this.#accepting) this.#claims.freed()
      },
      began: atWork => {
        const { unitId, executionId } = atWork.unit
        const told = this.#atBegin.get(unitId)
        this.#atBegin.delete(unitId)
        if (told === 'gone') this.#cutOff(atWork)
        else if (told === 'stop') this.tellStop(atWork)
        else if (told === 'handOn') atWork.yield()
        else if (told === 'yield' || this.#yields.has(executionId)) atWork.yield(true)
      },
      overdue: (atWork, reason) => {
        this.#stopOverdue(atWork, reason).catch((error: unknown) =>
          options.log.error({ err: error }, 'what exceeded its time limit could not be stopped')
        )
      },
      yields: executionId => this.#yields.has(executionId)
    })
    this.#stops = createStopDelivery(options, executionId => this.#overdue.get(executionId) ?? null)
    this.#preemption = createPreemption(options, {
      running: () => this.runner.running,
      isAsked: executionId => this.#yields.has(executionId),
      claimable: () => this.#caps.claimable(this.#mine),
      full: () => this.#accepting && !this.#held && this.freeThreads === 0,
      giveWay: executionId => this.pauseRequested(executionId)
    })
  }

  start(): void {
    this.#accepting = true
    this.wake()
  }

  /** None of a server that takes nothing: others are to know that too. */
  get freeThreads(): number {
    const { threads } = this.#options
    return this.#accepting ? Math.max(0, threads - this.runner.working - this.#claimed.size) : 0
  }

  get #mine(): readonly ClaimedUnit[] {
    return [...this.#claimed.units, ...this.runner.beginning, ...this.runner.running.map(({ unit }) => unit)]
  }

  /** At the cap of live threads: executions that wait for one must not keep away the children that would free one (E10). */
  get #freeForChildren(): number {
    const children = this.#claimed.units.filter(unit => unit.kind !== 'execution').length
    return this.#options.threads - this.runner.working - children
  }

  /** In any stage from claim to end, for the renewal's comparison (E6). */
  holds(unitId: number): boolean {
    return this.runner.holds(unitId) || this.#claimed.units.some(unit => unit.unitId === unitId)
  }

  /** There may be something READY: claims soon, and again if called meanwhile. */
  wake(): void {
    this.#beginClaimed()
    if (this.#accepting) this.#claims.news()
  }

  /** Tells every unit at work that is meant. */
  stopRequested(meant: (unit: ClaimedUnit) => boolean): void {
    for (const atWork of this.runner.running) if (meant(atWork.unit)) this.tellStop(atWork)
    for (const unit of this.runner.beginning) if (meant(unit)) this.#atBegin.set(unit.unitId, 'stop')
  }

  /** All of it that is at work here gives way at its next checkpoint; safe to repeat. */
  pauseRequested(executionId: number): void {
    if (!this.#isHere(executionId)) return
    this.#yields.add(executionId)
    for (const atWork of this.runner.running) if (atWork.unit.executionId === executionId) atWork.yield(true)
  }

  #isHere(executionId: number): boolean {
    const { beginning, running } = this.runner
    return [...beginning, ...running.map(({ unit }) => unit)].some(unit => unit.executionId === executionId)
  }

  /** What is meant gives way at its next checkpoint, with its parent or for whoever takes it; safe to repeat. */
  giveWay(meant: (unit: ClaimedUnit) => boolean, withParent: boolean): void {
    for (const atWork of this.runner.running) if (meant(atWork.unit)) atWork.yield(withParent)
    for (const unit of this.runner.beginning)
      if (meant(unit) && !this.#atBegin.has(unit.unitId))
        this.#atBegin.set(unit.unitId, withParent ? 'yield' : 'handOn')
  }

  /** It was ended from outside and nothing of it has a unit any more: its threads end without running user code. */
  executionEnded(executionId: number): void {
    for (const atWork of this.runner.running)
      if (atWork.unit.executionId === executionId && !this.runner.isEnding(atWork.unit.unitId))
        this.#cutOff(atWork)
    for (const unit of this.runner.beginning)
      if (unit.executionId === executionId) this.#atBegin.set(unit.unitId, 'gone')
  }

  #cutOff(atWork: UnitAtWork): void {
    // It may be told twice, by the operator and by the notification.
    if (atWork.fenced) return
    this.runner.fence(atWork)
    this.#options.log.warn({ executionId: atWork.unit.executionId }, 'a job execution was ended from outside')
    if (atWork.unit.kind === 'execution') void writeLastLine(this.#options, atWork)
  }

  async #stopOverdue(atWork: UnitAtWork, reason: string): Promise<void> {
    const { unit } = atWork
    const ended = () => !this.runner.running.includes(atWork)
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
    this.stopRequested(each => each.executionId === unit.executionId)
  }

  tellStop(atWork: UnitAtWork): void {
    this.#stops
      .tell(atWork)
      .catch((error: unknown) => this.#options.log.error({ err: error }, 'a stop could not be told'))
  }

  async #claim(): Promise<ClaimVerdict | null> {
    const childrenOnly = this.runner.live >= this.#options.maxThreads
    const free = childrenOnly ? this.#freeForChildren : this.freeThreads
    if (free <= 0 && !this.#held) this.#preemption.look()
    if (free <= 0 || this.#held || !this.#accepting) return null
    const { db, launchDb } = this.#options
    const mine = this.#mine
    const limit = Math.min(free, CLAIM_LIMIT)
    const units = await claimUnits(launchDb, {
      ...(await this.#caps.claimable(mine)),
      limit,
      ahead: childrenOnly ? 0 : Math.min(CLAIM_LIMIT - limit, this.#pace.within(AHEAD_MS)),
      childrenOnly
    })
    this.#options.counters.claimed(units.length)
    const surplus = this.#caps.surplus(mine, units)
    if (surplus.length > 0) await releaseUnits(db, surplus)
    this.#claimed.add(units.filter(unit => !surplus.includes(unit)))
    this.#beginClaimed()
    return { more: units.length >= limit, leftOut: childrenOnly || this.#caps.limited }
  }

  #beginClaimed(): void {
    while (!this.#held) {
      const unit = this.#claimed.next(each => this.#mayBegin(each))
      if (unit === null) break
      this.#pace.begun()
      void this.runner.run(unit).finally(() => {
        this.#atBegin.delete(unit.unitId)
        if (this.#isHere(unit.executionId)) return
        this.#yields.delete(unit.executionId)
        this.#overdue.delete(unit.executionId)
      })
    }
  }

  /** Claimed ahead, and not begun in time: another server may have a free thread for it by now (E4). */
  async giveBackLate(): Promise<void> {
    if (this.#claims.claiming !== null) return
    const late = this.#claimed.takeLate(LATE_MS)
    if (late.length === 0) return
    await releaseUnits(this.#options.db, late)
    this.wake()
  }

  /** E10: at the cap of live threads a flow or partition begins only if no other unit of its execution works. */
  #mayBegin(unit: ClaimedUnit): boolean {
    if (this.runner.working >= this.#options.threads) return false
    if (this.runner.live < this.#options.maxThreads) return true
    return unit.kind !== 'execution' && !this.runner.works(unit.executionId)
  }

  /**
   * E6: without a renewal for a lease nothing new begins, no chunk, unit or claim, until one succeeds: others may believe
   * this server dead and be at work on the same units.
   */
  hold(held: boolean): void {
    if (held === this.#held) return
    this.#held = held
    const message = held ? 'no renewal for a lease: nothing new begins' : 'the lease is renewed again'
    this.#options.log.warn({ held }, message)
    this.runner.hold(held)
    if (!held) this.wake()
  }

  /** No new claims; gives what was claimed and not begun, which is to go back (E4). */
  async pause(): Promise<readonly ClaimedUnit[]> {
    this.#accepting = false
    this.#preemption.stop()
    await this.#claims.claiming
    return this.#claimed.takeAll()
  }
}
