// How long and with which numbers the chaos tests run: the same seed makes the same choices again.

import { setTimeout as delay } from 'node:timers/promises'

/** `CHAOS=long` for more rounds. */
export const LONG = process.env.CHAOS === 'long'

export interface Seeded {
  readonly seed: number
  /** A whole number from `least` to `most`. */
  between(least: number, most: number): number
  pick<T>(from: readonly T[]): T
}

/** `CHAOS_SEED` repeats a run; the seed is printed by whoever uses it. */
export function seeded(seed = Number(process.env.CHAOS_SEED ?? Math.floor(Math.random() * 2 ** 31))): Seeded {
  let state = seed
  // mulberry32
  const next = () => {
    state = (state + 0x6d2b79f5) | 0
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state)
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32
  }
  const between = (least: number, most: number) => least + Math.floor(next() * (most - least + 1))
  return { seed, between, pick: from => from[between(0, from.length - 1)]! }
}

/** A length of time that is itself what is tested (an outage, a moment in a race); for an outcome there is `until`. */
export async function lasting(millis: number): Promise<void> {
  await delay(millis)
}

/** What is waited for, or `null` after so long; the time that is left keeps no process alive. */
export async function within<T>(millis: number, awaited: Promise<T>): Promise<T | null> {
  return await Promise.race([awaited, delay(millis, null, { ref: false })])
}
