// A world of random errors, stops and lost claims over one input, and artifacts that leave a trace of every item: what the
// models of the chunk share.
import fc from 'fast-check'
import { all, type Artifact } from './recorded-step.ts'

const OPERATIONS = ['read', 'process', 'write', 'commit'] as const
/** The error's name says what the step may do with it. */
export const KINDS = [
  'Skip',
  'Retry',
  'SkipOrRetry',
  'RetryInPlace',
  'SkipOrRetryInPlace',
  'Fatal',
  'stop',
  'fence'
] as const

export interface Fault {
  /** It happens at the call of this number, over all operations and restarts. */
  readonly at: number
  readonly kind: (typeof KINDS)[number]
}

export interface World {
  readonly count: number
  readonly itemCount: number
  readonly skipLimit: number | null
  readonly retryLimit: number | null
  readonly custom: boolean
  readonly faults: readonly Fault[]
}

const limit = fc.option(fc.nat({ max: 3 }))
export const worlds: fc.Arbitrary<World> = fc.record({
  count: fc.nat({ max: 14 }),
  itemCount: fc.integer({ min: 1, max: 6 }),
  skipLimit: limit,
  retryLimit: limit,
  custom: fc.boolean(),
  faults: fc.uniqueArray(fc.record({ at: fc.nat({ max: 60 }), kind: fc.constantFrom(...KINDS) }), {
    maxLength: 8,
    selector: fault => fault.at
  })
})

/** Throws, stops or fences where a fault is due; each fault happens once. */
export class Faults {
  #calls = 0
  readonly #faults: readonly Fault[]

  constructor(faults: readonly Fault[]) {
    this.#faults = faults
  }

  next(operation: (typeof OPERATIONS)[number], ground: Ground): Error | null {
    const due = this.#faults.find(fault => fault.at === this.#calls)
    this.#calls++
    if (!due) return null
    if (due.kind === 'stop') ground.stop()
    else if (due.kind === 'fence') ground.fence()
    // What a failed commit skips takes the traces of filtered and skipped items with it: not in this model.
    else if (operation === 'commit' && due.kind.startsWith('Skip')) return null
    else return Object.assign(new Error(operation), { name: due.kind })
    return null
  }

  check(operation: (typeof OPERATIONS)[number], ground: Ground): void {
    const error = this.next(operation, ground)
    if (error) throw error
  }
}

/** Where the traces of a world go, and how its faults happen. */
export interface Ground {
  /** Through the chunk's connection. */
  trace(rows: readonly string[]): Promise<void>
  stop(): void
  fence(): void
  /** Makes the commit of the chunk under way fail. */
  failCommit(error: Error): Promise<void> | void
}

/** Reader, processor, writer and a listener that leave a trace of each item: w(ritten), f(iltered), and what was skipped: r, p, s. */
export function artifacts(world: World, faults: Faults, ground: Ground) {
  const trace = async (kind: string, items: readonly number[]) =>
    await ground.trace(items.map(item => `${kind}${item}`))
  let last = 0
  let ended = false
  const reader: Artifact = {
    open: (checkpoint: { last: number } | null) => {
      last = checkpoint?.last ?? 0
      ended = false
    },
    readItem: () => {
      if (ended) throw new Error('read after the end')
      faults.check('read', ground)
      ended = last === world.count
      return ended ? null : ++last
    },
    checkpointInfo: () => ({ last }),
    close: () => {}
  }
  const processor: Artifact = {
    processItem: async (item: number) => {
      if (item % 4 === 0) await trace('f', [item])
      faults.check('process', ground)
      return item % 4 === 0 ? null : item
    }
  }
  const writer: Artifact = {
    writeItems: async (items: number[]) => {
      while (items.length > 0) await trace('w', items.splice(0, 1))
      faults.check('write', ground)
    },
    close: () => {}
  }
  const listener: Artifact = {
    beforeChunk: () => {},
    onError: () => {},
    afterChunk: () => {
      const error = faults.next('commit', ground)
      return error ? ground.failCommit(error) : undefined
    },
    // The read that would have found the end has no item to lose.
    onSkipReadItem: () => (last < world.count ? trace('r', [++last]) : undefined),
    onSkipProcessItem: (item: number) => trace('p', [item]),
    onSkipWriteItem: (items: number[]) => trace('s', items),
    onRetryReadException: () => {},
    onRetryProcessException: () => {},
    onRetryWriteException: () => {}
  }
  return { reader, processor, writer, listeners: [listener] }
}

/** The rules of the world's chunk: an error's name says what may be done with it. */
export function chunkOf({ itemCount, skipLimit, retryLimit }: World) {
  return {
    itemCount,
    skipLimit,
    retryLimit,
    skippable: all('Skip', 'SkipOrRetry', 'SkipOrRetryInPlace'),
    retryable: all('Retry', 'SkipOrRetry', 'RetryInPlace', 'SkipOrRetryInPlace'),
    noRollback: all('RetryInPlace', 'SkipOrRetryInPlace')
  }
}

/** Throws unless each item of the input left exactly one trace, and what was written was written in order. */
export function checkTraces(world: World, rows: readonly string[]): void {
  const numberOf = (row: string) => Number(row.slice(1))
  const wanted = Array.from({ length: world.count }, (_, index) => index + 1)
  const found = rows.map(numberOf).toSorted((a, b) => a - b)
  if (found.join() !== wanted.join()) throw new Error(`committed ${rows.join()}`)
  const written = rows.filter(row => row.startsWith('w')).map(numberOf)
  if (written.some((item, index) => index > 0 && item < (written[index - 1] ?? 0))) throw new Error('order')
}

/** How many of the traces are of these kinds. */
export const kindsOf = (rows: readonly unknown[], kinds: string) =>
  rows.filter(row => kinds.includes(String(row).charAt(0))).length
