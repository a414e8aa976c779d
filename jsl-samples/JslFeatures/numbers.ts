// Numbers to read, something to do with them, and a checkpoint by what they weigh.
import type { CheckpointAlgorithm, Injected } from '../../src/batch/artifacts.ts'

/** A generator function is a reader; its checkpoint is how many it has given. Property `numbers` (10). */
export function* numbers({ properties }: Injected): Generator<number> {
  const last = Number(properties['numbers'] ?? 10)
  for (let number = 1; number <= last; number++) yield number
}

/** What was processed since the last checkpoint: artifacts of one step tell each other through its context. */
const weightOf = (value: unknown): number => (typeof value === 'number' ? value : 0)

/** Adds each number to the step's weight and hands it on. Property `fail.at` = a number at which it throws. */
export function weigher(number: number, { properties, stepContext }: Injected): number {
  if (String(number) === properties['fail.at']) throw new Error(`weigher fails at ${number}`)
  stepContext.transientUserData = weightOf(stepContext.transientUserData) + number
  return number
}

/** Logs what each chunk has. */
export function numberLog(items: number[], { log, chunk }: Injected): void {
  log.info(`chunk ${chunk.chunkNumber}: ${items.join(' ')}`)
}

/** checkpoint-policy="custom": only this decides where a chunk ends. Property `weight`. */
export class ByWeight implements CheckpointAlgorithm {
  readonly #injected: Injected

  constructor(injected: Injected) {
    this.#injected = injected
  }

  beginCheckpoint(): void {
    this.#injected.stepContext.transientUserData = 0
  }

  isReadyToCheckpoint(): boolean {
    const { properties, stepContext } = this.#injected
    return weightOf(stepContext.transientUserData) >= Number(properties['weight'] ?? 100)
  }
}
