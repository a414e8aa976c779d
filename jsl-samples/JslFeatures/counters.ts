// Listeners that make what they saw the exit status, so that it can be read without the log.
import type { Injected, StepListener } from '../../src/batch/artifacts.ts'

/** Sets the step's exit status to what its counters say. */
export const commitCount = {
  afterStep({ stepContext }: Injected): void {
    const { COMMIT_COUNT, WRITE_COUNT } = stepContext.metrics
    stepContext.exitStatus = `${WRITE_COUNT} in ${COMMIT_COUNT} chunks`
  }
} satisfies Record<keyof Pick<StepListener, 'afterStep'>, (injected: Injected) => void>

/**
 * One object may listen to everything: on the job only its job callbacks are called, on a step all the others. Each
 * reference has an object of its own, so this one counts what its own place saw.
 */
export const callCounter = {
  calls: 0,
  beforeJob() {
    this.calls++
  },
  afterJob({ jobContext }: Injected) {
    jobContext.exitStatus = `job listener ${++this.calls}`
  },
  beforeStep() {
    this.calls++
  },
  beforeChunk() {
    this.calls++
  },
  afterChunk() {
    this.calls++
  },
  beforeRead() {
    this.calls++
  },
  afterRead(_item: unknown) {
    this.calls++
  },
  afterProcess(_item: unknown, _result: unknown) {
    this.calls++
  },
  afterWrite(_items: unknown[]) {
    this.calls++
  },
  afterStep({ stepContext }: Injected) {
    stepContext.exitStatus = `step listener ${++this.calls}`
  }
}
