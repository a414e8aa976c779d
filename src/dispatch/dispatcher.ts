// Claims units that are READY as threads come free, and tells running ones of stops: the heart of a server.
import type { Notification } from '../store/notifications.ts'
import { type ClaimedUnit, claimUnits, releaseUnits } from '../store/units.ts'
import type { DispatchOptions } from './dispatch-options.ts'
import { Pace } from './pace.ts'
import { createStopDelivery, type StopDelivery } from './stop-delivery.ts'
import type { UnitAtWork } from './unit-at-work.ts'
import { UnitRunner } from './unit-runner.ts'

/** Most units of one claim (ENGINE E3). */
const CLAIM_LIMIT = 64

/** A server claims ahead what it will begin within this time (E4). */
const AHEAD_MS = 100

export class Dispatcher {
  readonly #options: DispatchOptions
  readonly runner: UnitRunner
  readonly #stops: StopDelivery
  /** Claimed and waiting for a live thread (E10). */
  readonly #claimed: ClaimedUnit[] = []
  /** Units for which a stop came while they were being begun. */
  readonly #stopAtBegin = new Set<number>()
  #held = false
  readonly #pace = new Pace()
  #accepting = false
  #claiming: Promise<void> | null = null
  #again = false

  constructor(options: DispatchOptions) {
    this.#options = options
    this.runner = new UnitRunner(options, {
      wake: () => this.wake(),
      began: atWork => {
        if (this.#stopAtBegin.delete(atWork.unit.unitId)) this.tellStop(atWork)
      }
    })
    this.#stops = createStopDelivery(options)
  }

  start(): void {
    this.#accepting = true
    this.wake()
  }

  get freeThreads(): number {
    return Math.max(0, this.#options.threads - this.runner.working - this.#claimed.length)
  }

  /** At the cap of live threads: executions that wait for one must not keep away the children that would free one (E10). */
  get #freeForChildren(): number {
    const children = this.#claimed.filter(unit => unit.kind !== 'execution').length
    return this.#options.threads - this.runner.working - children
  }

  /** In any stage from claim to end, for the renewal's comparison (E6). */
  holds(unitId: number): boolean {
    return this.runner.holds(unitId) || this.#claimed.some(unit => unit.unitId === unitId)
  }

  /** There may be something READY: claims soon, and again if called meanwhile. */
  wake(): void {
    this.#beginClaimed()
    if (!this.#accepting) return
    if (this.#claiming !== null) {
      this.#again = true
      return
    }
    this.#claiming = this.#claim()
      .catch((error: unknown) => this.#options.log.error({ err: error }, 'units could not be claimed'))
      .finally(() => {
        this.#claiming = null
        if (!this.#again) return
        this.#again = false
        this.wake()
      })
  }

  notified(notification: Notification): void {
    if (notification.kind === 'ready') this.wake()
    else this.stopRequested(unit => unit.rootId === notification.rootId)
  }

  /** Tells every unit at work that is meant. */
  stopRequested(meant: (unit: ClaimedUnit) => boolean): void {
    for (const atWork of this.runner.running) if (meant(atWork.unit)) this.tellStop(atWork)
    for (const unit of this.runner.beginning) if (meant(unit)) this.#stopAtBegin.add(unit.unitId)
  }

  tellStop(atWork: UnitAtWork): void {
    this.#stops
      .tell(atWork)
      .catch((error: unknown) => this.#options.log.error({ err: error }, 'a stop could not be told'))
  }

  async #claim(): Promise<void> {
    const childrenOnly = this.runner.live >= this.#options.maxThreads
    const free = childrenOnly ? this.#freeForChildren : this.freeThreads
    if (free <= 0 || this.#held) return
    const { db, server } = this.#options
    const applications = await this.#options.applications()
    const limit = Math.min(free, CLAIM_LIMIT)
    const units = await claimUnits(db, {
      incarnation: server.incarnation,
      applications: [...applications.keys()],
      limit,
      ahead: childrenOnly ? 0 : Math.min(CLAIM_LIMIT - limit, this.#pace.within(AHEAD_MS)),
      childrenOnly
    })
    this.#claimed.push(...units)
    this.#claimed.sort((a, b) => Number(a.kind === 'execution') - Number(b.kind === 'execution'))
    this.#beginClaimed()
    if (units.length >= limit) this.#again = true
  }

  #beginClaimed(): void {
    for (let at = 0; at < this.#claimed.length && !this.#held;) {
      const unit = this.#claimed[at]!
      if (!this.#mayBegin(unit)) {
        at++
        continue
      }
      this.#claimed.splice(at, 1)
      this.#pace.begun()
      void this.runner.run(unit).finally(() => this.#stopAtBegin.delete(unit.unitId))
    }
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
    this.#options.log.warn(
      { held },
      held ? 'no renewal for a lease: nothing new begins' : 'the lease is renewed again'
    )
    for (const { thread } of this.runner.running) thread.hold(held)
    if (!held) this.wake()
  }

  /** No new claims; what was claimed and not begun goes back. */
  async pause(): Promise<void> {
    this.#accepting = false
    await this.#claiming
    const unbegun = this.#claimed.splice(0)
    if (unbegun.length > 0) await releaseUnits(this.#options.db, unbegun)
  }
}
