// The bytes that job logs may still grow by, counted once for all threads that write: without this a cap on an execution, or on
// the disk, would be as many caps as there are writers.

/** What a writer asks before it writes. It takes more than a line needs, so that a line costs a comparison. */
export interface LogSpace {
  /** Bytes that are taken at a time. */
  readonly share: number
  /** Of `bytes` what there is; it counts as written until it is given back. */
  take(bytes: number): number
  /** Not written after all; below 0: written although there was none. */
  give(bytes: number): void
  /** Why the last `take` gave less than was asked, as a sentence without its full stop. */
  readonly shortage: string
}

/** 80 lines or so; what a thread that is ended had left of it is missing until the logs are measured again. */
const SHARE = 16 * 1024

/** Bytes left, in memory that threads share. Below 0 when more was written than allowed. */
export class LogCounter {
  readonly memory: SharedArrayBuffer
  readonly #left: BigInt64Array

  constructor(memory: SharedArrayBuffer) {
    this.memory = memory
    this.#left = new BigInt64Array(memory)
  }

  static of(bytes: number): LogCounter {
    const counter = new LogCounter(new SharedArrayBuffer(8))
    counter.give(bytes)
    return counter
  }

  get left(): number {
    return Number(Atomics.load(this.#left, 0))
  }

  take(bytes: number): number {
    let left = Atomics.load(this.#left, 0)
    for (;;) {
      if (left <= 0n) return 0
      const taken = left < BigInt(bytes) ? left : BigInt(bytes)
      const found = Atomics.compareExchange(this.#left, 0, left, left - taken)
      if (found === left) return Number(taken)
      left = found
    }
  }

  give(bytes: number): void {
    Atomics.add(this.#left, 0, BigInt(bytes))
  }
}

/** The counters of one execution, as they can be posted to a thread; `null` = without limit. */
export interface SharedSpace {
  readonly execution: SharedArrayBuffer | null
  readonly total: SharedArrayBuffer | null
  readonly shortages: { readonly execution: string; readonly total: string }
}

/** The two counters that each line of an execution counts in. */
export class CountedSpace implements LogSpace {
  readonly share = SHARE
  readonly #execution: LogCounter | null
  readonly #total: LogCounter | null
  readonly #shortages: SharedSpace['shortages']
  shortage = ''

  constructor({ execution, total, shortages }: SharedSpace) {
    this.#execution = execution === null ? null : new LogCounter(execution)
    this.#total = total === null ? null : new LogCounter(total)
    this.#shortages = shortages
  }

  take(bytes: number): number {
    const own = this.#execution?.take(bytes) ?? bytes
    const both = this.#total?.take(own) ?? own
    if (both < own) this.#execution?.give(own - both)
    if (both < bytes) this.shortage = both < own ? this.#shortages.total : this.#shortages.execution
    return both
  }

  give(bytes: number): void {
    if (bytes === 0) return
    this.#execution?.give(bytes)
    this.#total?.give(bytes)
  }
}
