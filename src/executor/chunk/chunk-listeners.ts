// A chunk's listeners by callback, found once per step: a callback that nobody implements costs one length check per item.
import type { ChunkCallback } from '../listeners.ts'
import { isPromise } from './is-promise.ts'

type Callback = (first?: unknown, second?: unknown) => unknown

/** For each callback those that implement it, bound, in document order. */
export type ChunkListeners = Readonly<Record<ChunkCallback, readonly Callback[]>>

const CALLBACKS = [
  'beforeChunk',
  'onError',
  'afterChunk',
  'beforeRead',
  'afterRead',
  'onReadError',
  'beforeProcess',
  'afterProcess',
  'onProcessError',
  'beforeWrite',
  'afterWrite',
  'onWriteError',
  'onSkipReadItem',
  'onSkipProcessItem',
  'onSkipWriteItem',
  'onRetryReadException',
  'onRetryProcessException',
  'onRetryWriteException'
] as const satisfies readonly ChunkCallback[]

/** One object serves every kind it implements (JSR-352 §8.2.4). */
export function chunkListeners(listeners: readonly object[]): ChunkListeners {
  const byCallback = CALLBACKS.map(callback => [
    callback,
    listeners.flatMap(listener => {
      const method = (listener as Record<string, unknown>)[callback]
      return typeof method === 'function' ? [method.bind(listener) as Callback] : []
    })
  ])
  return Object.fromEntries(byCallback) as ChunkListeners
}

/** Calls all until one throws. A promise only when a listener answered one: most do not, and an await costs a turn. */
export function callEach(
  callbacks: readonly Callback[],
  first?: unknown,
  second?: unknown
): void | Promise<void> {
  for (let index = 0; index < callbacks.length; index++) {
    const answer = callbacks[index]?.(first, second)
    if (isPromise(answer)) return callRest(answer, callbacks, index + 1, first, second)
  }
}

async function callRest(
  underWay: PromiseLike<unknown>,
  callbacks: readonly Callback[],
  next: number,
  first: unknown,
  second: unknown
): Promise<void> {
  await underWay
  for (const callback of callbacks.slice(next)) await callback(first, second)
}
