// The dispatcher's handle on one executor thread: one unit at a time, and an answer for each whatever becomes of the thread.
import type { ArtifactNames } from '../applications/artifact-names.ts'
import type { LogSpace } from '../joblog/log-space.ts'
import { type SpaceAnswers, spaceAnswers } from './space-answers.ts'
import { type HostOptions, startHost, type ThreadHost } from './thread-host.ts'
import {
  type FromThread,
  type PortMethod,
  type PortRequest,
  type ThreadSettings,
  toWire
} from './thread/messages.ts'
import type { ChildEvent, EndStep, UnitOrder, UnitOutcome, UnitPort } from './unit-port.ts'

/** Answers what the thread's UnitPort asks; a Fenced rejection ends the unit as `fenced`. */
export interface UnitHandlers extends Pick<UnitPort, PortMethod> {
  partOpened(relativePath: string): void
  /** Collector data stand in the job repository, for a parent on another server. */
  collectedStands?(): void
  /** Its job log has a gap, for this reason first. */
  logTrouble(reason: string): void
  /** Chunks since it was told last. */
  chunksEnded?(counts: { readonly committed: number; readonly rolledBack: number }): void
  /** Where the job log of a unit that asks for it takes its space from. */
  readonly logSpace?: LogSpace | null
}

export type RunEnd =
  /** `step`: it was at work last, and its end is to be stored with the unit's. */
  | { readonly kind: 'ended'; readonly outcome: UnitOutcome; readonly step: EndStep | null }
  | { readonly kind: 'fenced' }
  | { readonly kind: 'yielded' }
  /** The thread is gone or going, or could not run it; `reason` is a sentence without its full stop. */
  | { readonly kind: 'crashed'; readonly reason: string }

export interface ExecutionThreadOptions extends HostOptions {
  readonly settings: ThreadSettings
}

interface Running {
  readonly handlers: UnitHandlers
  readonly end: (end: RunEnd) => void
  readonly answers: SpaceAnswers
}

export class ExecutionThread {
  readonly #options: ExecutionThreadOptions
  #host: ThreadHost | null = null
  #ready = Promise.withResolvers<void>()
  readonly #artifacts = Promise.withResolvers<ArtifactNames>()
  #running: Running | null = null
  #unitsRun = 0
  #trouble: string | null = null
  #ended = Promise.withResolvers<string>()

  constructor(options: ExecutionThreadOptions) {
    this.#options = options
    // Hardly anybody asks.
    this.#artifacts.promise.catch(() => {})
  }

  /** What its application exports. Rejects with the reason when its code cannot be loaded, or the thread ends before. */
  get artifacts(): Promise<ArtifactNames> {
    return this.#artifacts.promise
  }

  /** Runs no further unit: it is gone, was sullied by job code, or has lost a unit. */
  get healthy(): boolean {
    return this.#trouble === null
  }

  /** Why it is not healthy; `null` while it is. */
  get trouble(): string | null {
    return this.#trouble
  }

  get unitsRun(): number {
    return this.#unitsRun
  }

  get busy(): boolean {
    return this.#running !== null
  }

  /** Resolves with the reason when the thread is gone, never rejects. */
  get gone(): Promise<string> {
    return this.#ended.promise
  }

  /** Resolves when the thread takes units. Rejects with the reason when it ends before. */
  async start(): Promise<void> {
    const host = startHost(this.#options)
    this.#host = host
    host.listen(message => this.#receive(message))
    host.answerWith(request => this.#running?.answers(request) ?? '0 the unit has ended')
    void host.gone.then(reason => this.#gone(reason))
    const { settings, heapMB } = this.#options
    host.post({ type: 'begin', settings, heapMB })
    await this.#ready.promise
  }

  /** Never rejects: a thread that dies, now or already, is `crashed`. One unit at a time. */
  run(order: UnitOrder, handlers: UnitHandlers): Promise<RunEnd> {
    if (this.#running) throw new Error(`unit ${order.unitId} was to run in a thread that is at work`)
    if (!this.#host || !this.healthy) {
      return Promise.resolve({ kind: 'crashed', reason: this.#trouble ?? 'its thread was not started' })
    }
    const { promise, resolve } = Promise.withResolvers<RunEnd>()
    this.#running = { handlers, end: resolve, answers: spaceAnswers(handlers.logSpace ?? null) }
    this.#unitsRun++
    try {
      this.#host.post({ type: 'run', order })
    } catch (error) {
      this.#end({ kind: 'crashed', reason: `it could not be handed to its thread: ${toWire(error).message}` })
    }
    return promise
  }

  /** Asks the unit at work to stop, `overdue` for a time limit; one that does not react is ended by `end`. */
  stop(reason: string, overdue = false): void {
    this.#host?.post({ type: 'stop', reason, overdue })
  }

  /** Adds a line to the job log of the unit at work. */
  note(text: string): void {
    this.#host?.post({ type: 'note', text })
  }

  /** Asks the unit at work to give the thread back at its next checkpoint; batchlets do not. */
  yield(): void {
    this.#host?.post({ type: 'yield' })
  }

  /** No chunk begins while held (ENGINE E6). */
  hold(held: boolean): void {
    this.#host?.post({ type: 'hold', held })
  }

  /** Hands the unit at work what a child of it came to. */
  deliver(event: ChildEvent): void {
    this.#host?.post({ type: 'childEvent', event })
  }

  /** Ends the thread at once, also in an endless loop; the unit at work is `crashed` with this reason. Resolves when it is gone. */
  async end(reason: string): Promise<void> {
    this.#trouble ??= reason
    this.#end({ kind: 'crashed', reason })
    if (!this.#host) return
    this.#host.kill()
    await this.gone
  }

  #receive(message: FromThread): void {
    switch (message.type) {
      case 'ready':
        this.#ready.resolve()
        return
      case 'artifacts':
        if (message.names === null) this.#artifacts.reject(new Error(message.reason))
        else this.#artifacts.resolve(message.names)
        return
      case 'request':
        void this.#answer(message)
        return
      case 'partOpened':
        this.#running?.handlers.partOpened(message.relativePath)
        return
      case 'collectedStands':
        this.#running?.handlers.collectedStands?.()
        return
      case 'logTrouble':
        this.#running?.handlers.logTrouble(message.reason)
        return
      case 'chunks':
        this.#running?.handlers.chunksEnded?.(message)
        return
      case 'ended':
        this.#end({ kind: 'ended', outcome: message.outcome, step: message.step })
        return
      case 'yielded':
        this.#end({ kind: 'yielded' })
        return
      case 'fenced':
        this.#trouble ??= 'its unit belongs to somebody else now'
        this.#end({ kind: 'fenced' })
        return
      case 'crashed':
        this.#trouble ??= message.reason
        this.#end({ kind: 'crashed', reason: message.reason })
        return
      case 'sullied':
        this.#trouble ??= message.reason
    }
  }

  async #answer({ id, method, args }: PortRequest): Promise<void> {
    const running = this.#running
    if (!running) return
    try {
      const call = running.handlers[method] as (...args: unknown[]) => Promise<unknown>
      const value = await call.apply(running.handlers, args)
      // What came late for a unit that is gone must not be said to the next one.
      if (this.#running === running) this.#host?.post({ type: 'reply', id, value })
    } catch (error) {
      if (this.#running === running) this.#host?.post({ type: 'refused', id, error: toWire(error) })
    }
  }

  #end(end: RunEnd): void {
    const running = this.#running
    this.#running = null
    running?.end(end)
  }

  #gone(reason: string): void {
    this.#trouble ??= reason
    this.#end({ kind: 'crashed', reason: this.#trouble })
    this.#ready.reject(new Error(`the executor thread could not be started: ${this.#trouble}`))
    this.#artifacts.reject(new Error(this.#trouble))
    this.#ended.resolve(this.#trouble)
  }
}
