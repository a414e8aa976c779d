// Readers, processors and listeners for the tests of skip and retry: who throws when, and what a step made of it.
import { type Artifact, RecordedStep, type StepOf } from './recorded-step.ts'

export class Bad extends Error {}

export const ITEM_LISTENER: Artifact = {
  onReadError: () => {},
  onProcessError: () => {},
  onWriteError: () => {},
  onSkipReadItem: () => {},
  onSkipProcessItem: () => {},
  onSkipWriteItem: () => {},
  onRetryReadException: () => {},
  onRetryProcessException: () => {},
  onRetryWriteException: () => {}
}

/** Throws at the first `times` calls with these items. */
export function throwing(times: number, at: readonly number[], error: () => unknown = () => new Bad('bad')) {
  const thrown = new Map<number, number>()
  return (item: number): number => {
    const so = thrown.get(item) ?? 0
    if (!at.includes(item) || so >= times) return item
    thrown.set(item, so + 1)
    throw error()
  }
}

export function failingReader(count: number, at: readonly number[], times = 1): Artifact {
  const check = throwing(times, at)
  let last = 0
  return {
    open: (checkpoint: number | null) => void (last = checkpoint ?? 0),
    readItem: () => {
      if (last >= count) return null
      const item = last + 1
      // A skipped item is behind the reader, one that is read again is not.
      if (times === 1) last = item
      check(item)
      return (last = item)
    },
    checkpointInfo: () => last
  }
}

export async function ofStep(of: StepOf) {
  const step = new RecordedStep(of)
  const end = await step.run()
  return { step, end, calls: step.calls.join(' '), metrics: step.scope.stepContext.metrics }
}
