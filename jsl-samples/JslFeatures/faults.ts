// Errors that may be skipped, retried with a rollback, or retried in place: JSL names their classes.
import type { Injected, ItemProcessor, ItemReader } from '../../src/batch/artifacts.ts'

class BadNumber extends Error {}
class Unavailable extends Error {}
class Busy extends Unavailable {}

const LAST = 30

/** 1 to 30; each tenth throws BadNumber once it has gone by, so the next read goes on behind it. */
export class FaultyNumbers implements ItemReader<number, number> {
  #last = 0

  open(checkpoint: number | null): void {
    this.#last = checkpoint ?? 0
  }

  readItem(): number | null {
    if (this.#last === LAST) return null
    this.#last++
    if (this.#last % 10 === 0) throw new BadNumber(`${this.#last} is refused`)
    return this.#last
  }

  checkpointInfo(): number {
    return this.#last
  }
}

/** Throws once at 7 (the chunk is rolled back) and once at 17 (it stays); its fields survive a rollback, as it does itself. */
export class FaultyProcessor implements ItemProcessor<number, number> {
  readonly #failed = new Set<number>()

  processItem(item: number): number {
    if (item === 7 && this.#isFirst(item)) throw new Unavailable('try again from the checkpoint')
    if (item === 17 && this.#isFirst(item)) throw new Busy('try again')
    return item
  }

  #isFirst(item: number): boolean {
    if (this.#failed.has(item)) return false
    this.#failed.add(item)
    return true
  }
}

/** Counts skips and retries; they are the step's exit status. */
export const faultCounter = {
  skipped: 0,
  retried: 0,
  onSkipReadItem(error: Error, { log }: Injected): void {
    this.skipped++
    log.info(`skipped: ${error.message}`)
  },
  onRetryProcessException(item: number, error: Error, { log }: Injected): void {
    this.retried++
    log.info(`retried ${item}: ${error.message}`)
  },
  afterStep({ stepContext }: Injected): void {
    stepContext.exitStatus = `${this.skipped} skipped, ${this.retried} retried, ${stepContext.metrics.WRITE_COUNT} written`
  }
}
