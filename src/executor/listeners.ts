// One way to call listeners: without it each kind of listener would have a loop of its own.
import type {
  ChunkListener,
  ItemProcessListener,
  ItemReadListener,
  ItemWriteListener,
  JobListener,
  RetryProcessListener,
  RetryReadListener,
  RetryWriteListener,
  SkipProcessListener,
  SkipReadListener,
  SkipWriteListener,
  StepListener
} from '../batch/artifacts.ts'
import { fromArtifact } from './artifact-error.ts'

/** On a job only these are called, on a step only the others: one object may be both, and is only what its place says. */
export type JobCallback = keyof JobListener
export type StepCallback = keyof StepListener
export type ChunkCallback =
  | keyof ChunkListener
  | keyof ItemReadListener
  | keyof ItemProcessListener
  | keyof ItemWriteListener
  | keyof SkipReadListener
  | keyof SkipProcessListener
  | keyof SkipWriteListener
  | keyof RetryReadListener
  | keyof RetryProcessListener
  | keyof RetryWriteListener
export type ListenerCallback = JobCallback | StepCallback | ChunkCallback

/** Calls those that implement it, in document order, until one throws. Rejects with an Error. */
export async function callListeners(
  listeners: readonly object[],
  name: ListenerCallback,
  ...args: readonly unknown[]
): Promise<void> {
  for (const listener of listeners) {
    const callback = (listener as Record<string, unknown>)[name]
    if (typeof callback === 'function')
      await fromArtifact(() => Reflect.apply(callback, listener, args) as unknown)
  }
}

/** For afterStep and afterJob, where each listener may have something to put back: calls all, then rejects with the first error. */
export async function callAllListeners(listeners: readonly object[], name: ListenerCallback): Promise<void> {
  const errors: Error[] = []
  for (const listener of listeners) {
    try {
      await callListeners([listener], name)
    } catch (error) {
      errors.push(error as Error)
    }
  }
  if (errors[0]) throw errors[0]
}
