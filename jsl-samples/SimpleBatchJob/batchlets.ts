// The batchlets of SimpleBatchJob: one that ends at once, one that sleeps, one that fails, one for measurements.
import type { Batchlet, Injected } from '../../src/batch/artifacts.ts'
import { numberOf, pause } from './pause.ts'

/**
 * A function is a batchlet. The exit status is its step's name, or property `exit.status`.
 * Properties: `prop1`, `prop2` are logged; `job.exit.status` is set on the job; `log.lines` = so many more lines.
 */
export function simpleBatchlet({ properties, stepContext, jobContext, log }: Injected): string {
  const { prop1 = 'absent', prop2 = 'absent' } = properties
  log.info(`simpleBatchlet in step ${stepContext.stepName}: prop1=${prop1}, prop2=${prop2}`)
  const lines = numberOf(properties, 'log.lines', 0)
  for (let line = 1; line <= lines; line++) log.info(`line ${line} of ${lines}`)
  const forJob = properties['job.exit.status']
  if (forJob !== undefined) jobContext.exitStatus = forJob
  return properties['exit.status'] ?? stepContext.stepName
}

/**
 * A class gets everything in its constructor; batch.xml gives this one the id `sleepyBatchlet`.
 * Sleeps second by second, as many as property or else job parameter `sleep.time.seconds` says (5). A stop wakes it up;
 * the second it came in counts.
 */
export class SleepyBatchlet implements Batchlet {
  readonly #injected: Injected

  constructor(injected: Injected) {
    this.#injected = injected
  }

  async process(): Promise<string> {
    const { properties, jobParameters, log, signal } = this.#injected
    const name = 'sleep.time.seconds'
    const seconds = numberOf(properties, name, numberOf(jobParameters, name, 5))
    log.info(`sleepyBatchlet sleeps ${seconds} seconds`)
    let slept = 0
    while (slept < seconds && !signal.aborted) {
      await pause(1000, signal)
      slept++
    }
    return `SleepyBatchlet:i=${slept};stopRequested=${signal.aborted}`
  }

  stop(): void {
    this.#injected.log.info('sleepyBatchlet: a stop was requested')
  }
}

/** Does nothing and logs nothing: what remains is the engine. */
export function noopBatchlet(): void {}

/**
 * An object is fresh for each reference, and `this` has what is injected.
 * Throws unless property `force.failure` is "false". Properties: `sleep` = milliseconds before; `exit.status` and
 * `job.exit.status` are set first.
 */
export const failingBatchlet = {
  async process({ properties, stepContext, jobContext, log, signal }: Injected): Promise<void> {
    await pause(numberOf(properties, 'sleep', 0), signal)
    stepContext.exitStatus = properties['exit.status'] ?? stepContext.exitStatus
    jobContext.exitStatus = properties['job.exit.status'] ?? jobContext.exitStatus
    if (properties['force.failure']?.toLowerCase() !== 'false')
      throw new Error('failingBatchlet fails because force.failure is not false')
    log.info('failingBatchlet does not fail: force.failure is false')
  }
}
