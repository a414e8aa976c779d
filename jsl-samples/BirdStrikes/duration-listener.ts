// A job listener: one object for the whole execution, so afterJob finds what beforeJob noted.
import type { Injected, JobListener } from '../../src/batch/artifacts.ts'

export class DurationListener implements JobListener {
  readonly #injected: Injected
  #startedAt: number | null = null

  constructor(injected: Injected) {
    this.#injected = injected
  }

  beforeJob(): void {
    const { log, jobContext } = this.#injected
    this.#startedAt = performance.now()
    log.info(`${jobContext.jobName} starts: ${jobContext.properties['title'] ?? 'no title'}`)
  }

  afterJob(): void {
    const { log, jobContext } = this.#injected
    // After an interruption the execution goes on elsewhere, without another beforeJob.
    const took = this.#startedAt === null ? 'was interrupted' : `took ${this.#seconds(this.#startedAt)} s`
    log.info(`${jobContext.jobName} is ${jobContext.batchStatus} and ${took}`)
  }

  #seconds(since: number): string {
    return ((performance.now() - since) / 1000).toFixed(1)
  }
}
