// The way of one unit through this server: order, thread, start, run, end; and what its children and its parent are told.
import { storable } from '../batch/text.ts'
import type { SharedSpace } from '../joblog/log-space.ts'
import { systemClock } from '../service/clock.ts'
import { withdrawChild } from '../store/resumptions.ts'
import { endUnitFromOutside } from '../store/subtrees.ts'
import { type ClaimedUnit, releaseUnits } from '../store/units.ts'
import { endedFlow } from './children.ts'
import type { DispatchOptions } from './dispatch-options.ts'
import { GoingDown } from './going-down.ts'
import { createLogParts, type LogParts } from './log-parts.ts'
import { createMoves, type Moves } from './moves.ts'
import { Parents } from './parents.ts'
import type { RunnerHooks } from './runner-hooks.ts'
import { ThreadPool } from './thread-pool.ts'
import { UnitAtWork } from './unit-at-work.ts'
import { storeEnd } from './unit-end.ts'
import { firstStepOf, orderOf, startOf } from './unit-order.ts'

export class UnitRunner {
  readonly #options: DispatchOptions
  readonly #pool: ThreadPool
  readonly #hooks: RunnerHooks
  readonly #moves: Moves
  readonly logParts: LogParts
  /** The server ends although PostgreSQL is away: whoever sweeps it settles what it could not write. */
  #abandoned = false
  /** Being begun: order made, thread started, start written. */
  readonly #beginning = new Map<number, ClaimedUnit>()
  readonly #running = new Map<number, UnitAtWork>()
  readonly #ending = new Set<number>()
  readonly #parents: Parents
  #idle = Promise.withResolvers<void>()
  readonly #down = new GoingDown(unit => this.resumes(unit))

  constructor(options: DispatchOptions, hooks: RunnerHooks) {
    this.#options = options
    this.#pool = new ThreadPool(options)
    this.#hooks = hooks
    this.logParts = createLogParts(options)
    this.#parents = new Parents(options, this.#running)
    this.#moves = createMoves(options.launchDb, options.server, () => this.#abandoned)
  }

  get running(): readonly UnitAtWork[] {
    return [...this.#running.values()]
  }

  /** Claimed by this server and on their way to a thread. */
  get beginning(): readonly ClaimedUnit[] {
    return [...this.#beginning.values()]
  }

  get live(): number {
    return this.#running.size + this.#beginning.size
  }

  /** Units that need a thread's time: those that wait for children do not count (ENGINE E10). */
  get working(): number {
    let working = this.#beginning.size
    for (const unit of this.#running.values()) if (unit.works) working++
    return working
  }

  works(executionId: number): boolean {
    for (const unit of this.#beginning.values()) if (unit.executionId === executionId) return true
    for (const { unit, works } of this.#running.values())
      if (unit.executionId === executionId && works) return true
    return false
  }

  /** In any stage from begin to end, for the renewal's comparison (E6). */
  holds(unitId: number): boolean {
    return this.#running.has(unitId) || this.#beginning.has(unitId) || this.#ending.has(unitId)
  }

  isEnding(unitId: number): boolean {
    return this.#ending.has(unitId)
  }

  /** Never rejects: what goes wrong is the unit's end, or logged and left to the renewal. */
  async run(unit: ClaimedUnit): Promise<void> {
    this.#beginning.set(unit.unitId, unit)
    const { logSpaces } = this.#options
    let ended = false
    const space = await logSpaces.open(unit.executionId, unit.resumed ? unit.logPath : null)
    try {
      if (unit.kind !== 'execution' && this.#hooks.yields(unit.executionId)) {
        if (await withdrawChild(this.#options.db, unit)) this.#parents.ended(unit, 'yielded')
        return
      }
      const atWork = await this.#begin(unit, space)
      ended = atWork !== null && (await this.#finish(atWork))
    } catch (error) {
      const { unitId, executionId } = unit
      this.#options.log.error({ err: error, unitId, executionId }, 'a unit could not be run')
    } finally {
      this.#forget(unit)
      this.logParts.ended(unit)
      logSpaces.close(unit.executionId)
      // The end of a child, or of one with caps, may make others READY; what gave way is READY itself.
      if (ended && unit.kind === 'execution' && !unit.capped) this.#hooks.freed()
      else this.#hooks.wake()
      if (this.live === 0) this.#idle.resolve()
    }
  }

  /** Not what a newer claim of the same unit has here by now. */
  #forget(unit: ClaimedUnit): void {
    if (this.#beginning.get(unit.unitId) === unit) this.#beginning.delete(unit.unitId)
    if (this.#running.get(unit.unitId)?.unit !== unit) return
    this.#running.delete(unit.unitId)
    this.#ending.delete(unit.unitId)
  }

  /** The unit in its thread; `null` when it was stopped or taken since its claim, or could not begin. */
  async #begin(unit: ClaimedUnit, logSpace: SharedSpace | null): Promise<UnitAtWork | null> {
    const { db } = this.#options
    const application = (await this.#options.installed.runnable()).get(unit.application)
    if (application === undefined) {
      const { unitId, epoch, logPath } = unit
      if (unit.kind === 'execution' || unit.remote) await releaseUnits(db, [unit])
      // Nobody else may take this child: given back it would come here again at once, and for ever.
      else if (await this.#moves.start({ unitId, epoch, logPath }))
        await this.#couldNotStart(unit, `application ${unit.application} is not installed any more`)
      return null
    }
    const parent = await this.#parents.ready(unit)
    const now = new Date(systemClock.now())
    const ordered = await orderOf(this.#options, unit, application, parent?.logPath ?? null, now)
    if (ordered === null) return null
    const start = startOf(unit, ordered.logPath, this.#pool.hasIdle(application))
    const [thread, started] = await Promise.allSettled([
      this.#pool.take(application),
      this.#moves.start(start)
    ])
    if (started.status === 'rejected' || started.value === null) {
      if (thread.status === 'fulfilled') this.#pool.give(thread.value)
      if (started.status === 'rejected') throw started.reason as Error
      return null
    }
    if (thread.status === 'rejected') {
      await this.#couldNotStart(unit, String(thread.reason))
      return null
    }
    const atWork: UnitAtWork = new UnitAtWork(unit, thread.value, ordered.logPath, {
      options: this.#options,
      moves: this.#moves,
      wake: () => this.#hooks.wake(),
      parents: this.#parents,
      overdue: reason => this.#hooks.overdue(atWork, reason),
      logParts: this.logParts,
      logSpace
    })
    this.#running.set(unit.unitId, atWork)
    this.#beginning.delete(unit.unitId)
    atWork.run({ ...ordered.order, firstStep: firstStepOf(unit, started.value.firstStepId) })
    if (unit.kind === 'execution' && unit.timeLimit !== null) atWork.watchJob(unit.timeLimit)
    this.#down.tell(atWork)
    this.#hooks.began(atWork)
    return atWork
  }

  async #couldNotStart(unit: ClaimedUnit, reason: string): Promise<void> {
    const flow = endedFlow('FAILED', true)
    const end = { batchStatus: 'FAILED', reason: storable(reason), flowOutcome: flow } as const
    const ended = await endUnitFromOutside(this.#options.db, unit, end)
    if (ended !== null) this.#parents.ended(unit, { ended, flow, message: end.reason })
  }

  /** Whether its end was stored. */
  async #finish(atWork: UnitAtWork): Promise<boolean> {
    const { unit } = atWork
    const { db, log } = this.#options
    const end = await atWork.end!
    // A stop may still come while the end is being written: it must not find the thread, which runs something else by then.
    const thread = atWork.leaveThread()
    this.#ending.add(unit.unitId)
    if (end.kind !== 'ended' && end.kind !== 'yielded')
      this.#endChildren(unit, 'the unit they belong to has ended')
    if (thread !== null) this.#pool.give(thread)
    this.#hooks.freed()
    const elsewhere = this.#parents.waitsOn(atWork)
    const stored = await storeEnd(db, this.#moves, atWork, end, this.#down.reason, elsewhere)
    this.#running.delete(unit.unitId)
    if (end.kind === 'crashed')
      log.warn({ unitId: unit.unitId, executionId: unit.executionId, reason: end.reason }, 'a unit was lost')
    if (stored !== null) this.#parents.ended(unit, stored)
    return stored !== null && stored !== 'yielded'
  }

  /** E8: what is below a unit that was ended from outside goes with it; its rows are ended by the unit's own end. */
  #endChildren(unit: ClaimedUnit, reason: string): void {
    for (const child of this.#running.values()) {
      if (child.unit.parentId !== unit.unitId) continue
      child.fenced = true
      this.#endChildren(child.unit, reason)
      void child.thread?.end(reason)
    }
  }

  /** It is not ours any more, by a renewal (E6) or by who ended it from outside: its thread ends without running user code. */
  fence(atWork: UnitAtWork): void {
    atWork.fenced = true
    void atWork.thread?.end('it belongs to somebody else now')
  }

  /** What ends STOPPED from now on does so for this reason. */
  goesDown(reason: string): void {
    this.#down.begin(reason)
    for (const atWork of this.#running.values()) this.#down.tell(atWork)
  }

  /** Resolves when nothing is at work, or when the time is over (then `false`). */
  async drained(seconds: number): Promise<boolean> {
    const timer = Promise.withResolvers<void>()
    const timeout = setTimeout(timer.resolve, seconds * 1000)
    await Promise.race([this.#whenIdle(), timer.promise])
    clearTimeout(timeout)
    return this.live === 0
  }

  /** ENGINE E6: threads that are idle, or whose unit ends meanwhile, are held and freed with the others. */
  hold(held: boolean): void {
    this.#pool.hold(held)
  }

  /** Goes on elsewhere when this server drains or dies (ENGINE E12). */
  resumes(unit: ClaimedUnit): boolean {
    return (unit.recovery ?? this.#options.recovery) === 'resume'
  }

  /** Ends what is still at work, and what is about to be, as STOPPED with the reason; resolves when that is written. */
  async endAll(reason: string): Promise<void> {
    this.#down.end(reason)
    for (const atWork of this.#running.values()) this.#down.tell(atWork)
    await this.#whenIdle()
  }

  async #whenIdle(): Promise<void> {
    if (this.live === 0) return
    this.#idle = Promise.withResolvers<void>()
    await this.#idle.promise
  }

  async close(): Promise<void> {
    this.#abandoned = true
    await this.#pool.close()
  }
}
