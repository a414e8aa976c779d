// Claims units that are READY as threads come free: the heart of a server.
import { setTimeout as delay } from 'node:timers/promises'
import type { Seat } from '../store/submissions.ts'
import { type ClaimedUnit, claimUnits, releaseUnits } from '../store/units.ts'
import { ClaimedUnits } from './claimed-units.ts'
import type { DispatchOptions } from './dispatch-options.ts'
import { ClaimLoop, type ClaimVerdict } from './claim-loop.ts'
import { Pace } from './pace.ts'
import { createPreemption, type Preemption } from './preemption.ts'
import { Seats } from './seats.ts'
import { ServerCaps } from './server-caps.ts'
import { UnitRequests } from './unit-requests.ts'
import { UnitRunner } from './unit-runner.ts'

/** Most units of one claim (ENGINE E3). */
const CLAIM_LIMIT = 64

/** A server claims ahead what it will begin within this time (E4). */
const AHEAD_MS = 100

/** What it has not begun after this time goes back: the units before it take longer than the rate promised. */
const LATE_MS = 1000

/** What is at work here does not wait longer to hear of the server's end. */
const SEATS_END_MS = 2000

export class Dispatcher {
  readonly #options: DispatchOptions
  readonly runner: UnitRunner
  readonly requests: UnitRequests
  readonly #preemption: Preemption
  readonly #claimed = new ClaimedUnits()
  readonly #seats = new Seats()
  readonly #caps: ServerCaps
  #held = false
  readonly #pace = new Pace()
  #accepting = false
  #paused = false
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
      began: atWork => this.requests.began(atWork),
      overdue: (atWork, reason) => this.requests.overdue(atWork, reason),
      yields: executionId => this.requests.yields(executionId)
    })
    this.requests = new UnitRequests(options, this.runner)
    this.#preemption = createPreemption(options, {
      running: () => this.runner.running,
      isAsked: executionId => this.requests.yields(executionId),
      claimable: () => this.#caps.claimable(this.#mine),
      full: () => this.#accepting && !this.#held && this.freeThreads === 0,
      giveWay: executionId => this.requests.pause(executionId)
    })
  }

  start(): void {
    this.#accepting = true
    this.wake()
  }

  /** None of a server that takes nothing: others are to know that too. */
  get freeThreads(): number {
    const { threads } = this.#options
    if (!this.#accepting) return 0
    return Math.max(0, threads - this.runner.working - this.#claimed.size - this.#seats.size)
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

  /** For a job that this server may run, while it is stored; `null` = it has no thread to spare, or others wait for one. */
  seat(): Seat | null {
    const mayBegin = !this.#held && this.freeThreads > 0 && this.runner.live < this.#options.maxThreads
    // A cap of this server would be looked at too late.
    if (!mayBegin || this.#caps.limited || !this.#claims.idle) return null
    return this.#seats.take(this.#options.server.incarnation, claimed => this.#seatEnded(claimed))
  }

  #seatEnded(claimed: ClaimedUnit | null): void {
    // What is here already was given back meanwhile, as nobody had it, and claimed again: told after a commit in doubt.
    if (claimed !== null && !this.holds(claimed.unitId)) {
      this.#options.counters.claimed(1)
      if (this.#paused) this.#giveBack(claimed)
      else this.#claimed.add([claimed])
    }
    if (!this.#accepting) return
    this.#beginClaimed()
    this.#claims.freed()
  }

  #giveBack(claimed: ClaimedUnit): void {
    releaseUnits(this.#options.db, [claimed]).catch((error: unknown) =>
      this.#options.log.warn({ err: error, unitId: claimed.unitId }, 'a unit goes back when the lease ends')
    )
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
      void this.runner.run(unit).finally(() => this.requests.ended(unit))
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
    await Promise.all([
      this.#claims.claiming,
      Promise.race([this.#seats.ended(), delay(SEATS_END_MS, undefined, { ref: false })])
    ])
    this.#paused = true
    return this.#claimed.takeAll()
  }
}
