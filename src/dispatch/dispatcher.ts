// Claims units that are READY, gives each a thread, and writes what it came to: the heart of a server.
import { storable } from '../batch/text.ts'
import { systemClock } from '../service/clock.ts'
import { insertJobLogParts } from '../store/job-log-parts.ts'
import { type Notification } from '../store/notifications.ts'
import { startUnits } from '../store/starts.ts'
import { endUnitFromOutside } from '../store/subtrees.ts'
import { type ClaimedUnit, claimUnits, releaseUnits } from '../store/units.ts'
import type { DispatchOptions } from './dispatch-options.ts'
import { createStopDelivery, type StopDelivery } from './stop-delivery.ts'
import { ThreadPool } from './thread-pool.ts'
import { UnitAtWork } from './unit-at-work.ts'
import { childEventOf, storeEnd } from './unit-end.ts'
import { orderOf } from './unit-order.ts'

/** Most units of one claim (ENGINE E3). */
const CLAIM_LIMIT = 64

export class Dispatcher {
  readonly #options: DispatchOptions
  readonly #pool: ThreadPool
  readonly #stops: StopDelivery
  /** Claimed and waiting for a live thread (E10). */
  readonly #claimed: ClaimedUnit[] = []
  /** Being begun: order made, thread started, start written. */
  readonly #beginning = new Map<number, ClaimedUnit>()
  readonly #running = new Map<number, UnitAtWork>()
  readonly #ending = new Set<number>()
  #accepting = false
  #claiming: Promise<void> | null = null
  #again = false
  #idle = Promise.withResolvers<void>()
  /** Written on what ends STOPPED while the server goes down. */
  #shutdownReason: string | null = null

  constructor(options: DispatchOptions) {
    this.#options = options
    this.#pool = new ThreadPool(options)
    this.#stops = createStopDelivery(options)
  }

  start(): void {
    this.#accepting = true
    this.wake()
  }

  get freeThreads(): number {
    return Math.max(0, this.#options.threads - this.#atWork)
  }

  get running(): readonly UnitAtWork[] {
    return [...this.#running.values()]
  }

  /** Unit ids in any stage from claim to end, for the renewal's comparison (E6). */
  holds(unitId: number): boolean {
    return (
      this.#running.has(unitId) ||
      this.#beginning.has(unitId) ||
      this.#ending.has(unitId) ||
      this.#claimed.some(unit => unit.unitId === unitId)
    )
  }

  isEnding(unitId: number): boolean {
    return this.#ending.has(unitId)
  }

  get #atWork(): number {
    let working = this.#beginning.size
    for (const unit of this.#running.values()) if (unit.works) working++
    return working
  }

  /** There may be something READY: claims soon, and again if called meanwhile. */
  wake(): void {
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
    else this.stopRequested(notification.rootId)
  }

  /** Tells every unit of this root that runs here. */
  stopRequested(rootId: number): void {
    for (const atWork of this.#running.values()) if (atWork.unit.rootId === rootId) this.tellStop(atWork)
  }

  tellStop(atWork: UnitAtWork): void {
    this.#stops
      .tell(atWork)
      .catch((error: unknown) => this.#options.log.error({ err: error }, 'a stop could not be told'))
  }

  async #claim(): Promise<void> {
    this.#beginClaimed()
    const free = this.#options.threads - this.#atWork - this.#claimed.length
    if (free <= 0 || !this.#accepting) return
    const { db, server } = this.#options
    const applications = await this.#options.applications()
    const limit = Math.min(free, CLAIM_LIMIT)
    const units = await claimUnits(db, {
      incarnation: server.incarnation,
      applications: [...applications.keys()],
      limit
    })
    this.#claimed.push(...units)
    this.#claimed.sort((a, b) => Number(a.kind === 'execution') - Number(b.kind === 'execution'))
    this.#beginClaimed()
    if (units.length === limit) this.#again = true
  }

  #beginClaimed(): void {
    for (let at = 0; at < this.#claimed.length;) {
      const unit = this.#claimed[at]!
      if (!this.#mayBegin(unit)) {
        at++
        continue
      }
      this.#claimed.splice(at, 1)
      this.#beginning.set(unit.unitId, unit)
      void this.#run(unit)
    }
  }

  /** E10: at the cap of live threads a flow or partition begins only if no other unit of its execution works. */
  #mayBegin(unit: ClaimedUnit): boolean {
    if (this.#running.size + this.#beginning.size < this.#options.maxThreads) return true
    if (unit.kind === 'execution') return false
    for (const other of this.#beginning.values()) if (other.executionId === unit.executionId) return false
    for (const { unit: other, works } of this.#running.values())
      if (other.executionId === unit.executionId && works) return false
    return true
  }

  async #run(unit: ClaimedUnit): Promise<void> {
    const { log } = this.#options
    try {
      const atWork = await this.#begin(unit)
      if (atWork !== null) await this.#finish(atWork)
    } catch (error) {
      log.error({ err: error, unitId: unit.unitId, executionId: unit.executionId }, 'a unit could not be run')
    } finally {
      this.#beginning.delete(unit.unitId)
      this.#running.delete(unit.unitId)
      this.#ending.delete(unit.unitId)
      this.wake()
      if (this.#running.size + this.#beginning.size === 0) this.#idle.resolve()
    }
  }

  /** The thread that has the order; `null` when the unit was stopped or taken since its claim, or could not begin. */
  async #begin(unit: ClaimedUnit): Promise<UnitAtWork | null> {
    const { db, server } = this.#options
    const application = (await this.#options.applications()).get(unit.application)
    if (application === undefined) {
      await releaseUnits(db, [unit])
      return null
    }
    const parent = unit.parentId === null ? undefined : this.#running.get(unit.parentId)
    const now = new Date(systemClock.now())
    const ordered = await orderOf(this.#options, unit, application, parent?.logPath ?? null, now)
    if (ordered === null) return null
    const [thread, started] = await Promise.allSettled([
      this.#pool.take(application),
      startUnits(db, { serverId: server.serverId, restUrl: server.restUrl() }, [
        { unitId: unit.unitId, epoch: unit.epoch, logPath: `${ordered.logPath}/` }
      ])
    ])
    if (started.status === 'rejected' || !started.value.has(unit.unitId)) {
      if (thread.status === 'fulfilled') this.#pool.give(thread.value)
      if (started.status === 'rejected') throw started.reason as Error
      return null
    }
    if (thread.status === 'rejected') {
      await this.#couldNotStart(unit, String(thread.reason))
      return null
    }
    const atWork = new UnitAtWork(unit, thread.value, ordered.logPath, {
      options: this.#options,
      wake: () => this.wake(),
      sendToParent: event => this.#running.get(unit.parentId ?? -1)?.children?.collected(event),
      partOpened: path => this.#indexPart(unit.executionId, path)
    })
    this.#running.set(unit.unitId, atWork)
    this.#beginning.delete(unit.unitId)
    atWork.run(ordered.order)
    return atWork
  }

  async #couldNotStart(unit: ClaimedUnit, reason: string): Promise<void> {
    await endUnitFromOutside(this.#options.db, unit, {
      batchStatus: 'FAILED',
      reason: storable(reason),
      flowOutcome: null
    })
  }

  async #finish(atWork: UnitAtWork): Promise<void> {
    const { unit, thread } = atWork
    const end = await atWork.end!
    if (atWork.stopTimer !== null) clearTimeout(atWork.stopTimer)
    this.#ending.add(unit.unitId)
    if (end.kind !== 'ended') this.#endChildren(unit, 'the unit they belong to has ended')
    this.#pool.give(thread)
    const stored = await storeEnd(this.#options.db, atWork, end, this.#shutdownReason)
    this.#running.delete(unit.unitId)
    if (end.kind === 'crashed')
      this.#options.log.warn(
        { unitId: unit.unitId, executionId: unit.executionId, reason: end.reason },
        'a unit was lost'
      )
    if (stored === null || unit.parentId === null) return
    const told = childEventOf(atWork, stored)
    if (told !== null)
      this.#running
        .get(unit.parentId)
        ?.children?.ended(told.key, told.event, error =>
          this.#options.log.error({ err: error }, 'the next child could not be begun')
        )
  }

  /** E8: what is below a unit that was ended from outside goes with it; its rows are ended by the unit's own end. */
  #endChildren(unit: ClaimedUnit, reason: string): void {
    for (const child of this.#running.values()) {
      if (child.unit.parentId !== unit.unitId) continue
      child.fenced = true
      this.#endChildren(child.unit, reason)
      void child.thread.end(reason)
    }
  }

  #indexPart(executionId: number, path: string): void {
    const { db, server, log } = this.#options
    insertJobLogParts(db, [{ executionId, path, serverId: server.serverId }]).catch((error: unknown) =>
      log.warn({ err: error, executionId, path }, 'a job log part could not be indexed')
    )
  }

  /** A renewal found it to be somebody else's (E6): its thread ends without running user code. */
  fence(atWork: UnitAtWork): void {
    atWork.fenced = true
    void atWork.thread.end('it belongs to somebody else now')
  }

  /** No new claims; what was claimed and not begun goes back. */
  async pause(): Promise<void> {
    this.#accepting = false
    await this.#claiming
    const unbegun = this.#claimed.splice(0)
    if (unbegun.length > 0) await releaseUnits(this.#options.db, unbegun)
  }

  /** Resolves when nothing is at work, or when the time is over (then `false`). */
  async drained(seconds: number, reason: string): Promise<boolean> {
    this.#shutdownReason = reason
    if (this.#running.size + this.#beginning.size === 0) return true
    this.#idle = Promise.withResolvers<void>()
    const limit = Promise.withResolvers<void>()
    const timer = setTimeout(limit.resolve, seconds * 1000)
    await Promise.race([this.#idle.promise, limit.promise])
    clearTimeout(timer)
    return this.#running.size + this.#beginning.size === 0
  }

  /** Ends what is still at work as STOPPED with the reason; resolves when its ends are written. */
  async endAll(reason: string): Promise<void> {
    this.#idle = Promise.withResolvers<void>()
    if (this.#running.size + this.#beginning.size === 0) this.#idle.resolve()
    for (const atWork of this.#running.values()) {
      atWork.endedAs = { batchStatus: 'STOPPED', reason }
      void atWork.thread.end(reason)
    }
    await this.#idle.promise
  }

  async close(): Promise<void> {
    await this.#pool.close()
  }
}
