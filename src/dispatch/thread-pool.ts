// Executor threads, kept for the next unit of the same application version; a sullied or old one is replaced.
import { ExecutionThread } from '../executor/execution-thread.ts'
import type { DispatchOptions, RunnableApplication } from './dispatch-options.ts'

/**
 * Units after which a thread is replaced whatever it says of itself (it asks to be when its heap fills up). A new one runs its
 * first hundreds of units at half the speed, until its code is compiled.
 */
const UNITS_PER_THREAD = 20_000

/** How long more threads than may work are kept: parents that wait hold some, and their next steps and flows want them again. */
const SPARE_MS = 10_000

interface PooledThread {
  readonly thread: ExecutionThread
  readonly application: RunnableApplication
  /** When its last unit ended; milliseconds of `performance.now()`. */
  readonly since: number
}

export class ThreadPool {
  readonly #options: DispatchOptions
  readonly #idle: PooledThread[] = []
  readonly #live = new Map<ExecutionThread, RunnableApplication>()
  #held = false
  #trimming: NodeJS.Timeout | null = null

  constructor(options: DispatchOptions) {
    this.#options = options
    options.counters.threadsAre(() => ({ live: this.live, idle: this.idle }))
  }

  get live(): number {
    return this.#live.size
  }

  get idle(): number {
    return this.#idle.length
  }

  /** A thread that can run a unit of the application at once. */
  hasIdle({ name, version, directory }: RunnableApplication): boolean {
    return this.#idle.some(
      ({ thread, application: its }) =>
        its.name === name && its.version === version && its.directory === directory && thread.healthy
    )
  }

  /** A thread for one unit of the application; rejects with the reason when none can be started. */
  async take(application: RunnableApplication): Promise<ExecutionThread> {
    for (let at = this.#idle.length - 1; at >= 0; at--) {
      const { thread, application: its } = this.#idle[at]!
      if (its.name !== application.name) continue
      this.#idle.splice(at, 1)
      if (its.version === application.version && its.directory === application.directory && thread.healthy)
        return thread
      this.#discard(thread, 'replaced')
    }
    if (this.#live.size >= this.#options.maxThreads) this.#dropOneIdle()
    return await this.#start(application)
  }

  /** Takes it back when its unit has ended; replaced rather than kept when it may carry something over. */
  give(thread: ExecutionThread): void {
    const application = this.#live.get(thread)
    if (application === undefined) return
    if (!thread.healthy || thread.unitsRun >= UNITS_PER_THREAD) this.#discard(thread, 'replaced')
    else this.#idle.push({ thread, application, since: performance.now() })
    this.#trimLater()
  }

  #trimLater(): void {
    const { threads, maxThreads } = this.#options
    // One more than may work: a parent that waits holds one beside those of its children, and its next step would start it anew.
    const kept = Math.min(threads + 1, maxThreads)
    if (this.#trimming !== null || this.#idle.length <= kept) return
    const trim = () => {
      this.#trimming = null
      while (this.#idle.length > kept && this.#idle[0]!.since <= performance.now() - SPARE_MS)
        this.#dropOneIdle()
      this.#trimLater()
    }
    this.#trimming = setTimeout(trim, this.#idle[0]!.since + SPARE_MS - performance.now() + 1).unref()
  }

  /** No chunk begins in any of them while held (ENGINE E6). */
  hold(held: boolean): void {
    this.#held = held
    for (const thread of this.#live.keys()) thread.hold(held)
  }

  async close(): Promise<void> {
    const threads = [...this.#live.keys()]
    if (this.#trimming !== null) clearTimeout(this.#trimming)
    this.#idle.length = 0
    this.#live.clear()
    await Promise.all(threads.map(thread => thread.end('the server is shutting down')))
  }

  #dropOneIdle(): void {
    const oldest = this.#idle.shift()
    if (oldest !== undefined) this.#discard(oldest.thread, 'replaced')
  }

  #discard(thread: ExecutionThread, reason: string): void {
    this.#live.delete(thread)
    void thread.end(reason)
  }

  async #start(application: RunnableApplication): Promise<ExecutionThread> {
    const { builtIn, host, jobLog, session } = this.#options
    const thread = new ExecutionThread({
      ...host,
      settings: {
        ...jobLog,
        builtIn,
        application: { name: application.name, directory: application.directory },
        database: { ...session }
      }
    })
    this.#live.set(thread, application)
    try {
      await thread.start()
      if (this.#held) thread.hold(true)
      return thread
    } catch (error) {
      this.#live.delete(thread)
      throw error
    }
  }
}
