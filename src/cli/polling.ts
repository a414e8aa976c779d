// When to look again, and how long to look for a server that is gone: a job outlives a restart of the server, so does waiting.
import { setTimeout as delay } from 'node:timers/promises'
import { ConnectionLost } from './connection-lost.ts'
import type { OptionValues } from './option-values.ts'
import type { Report } from './report.ts'
import { ServerRefusal } from './server-refusal.ts'

const FIRST_S = 0.25
const GROWTH = 1.5
const LONGEST_S = 30
const LONGEST_ON_TERMINAL_S = 2
const LONGEST_WHILE_AWAY_S = 5
const RECONNECT_S = 600

export interface Pace {
  /** Seconds to the next look. */
  next(): number
}

/** Growing, since most jobs are short and the others should not be asked after every second; or as told. */
export function paceOf(options: OptionValues, onTerminal: boolean): Pace {
  const given = options.number('pollingInterval_s', { min: 0.05, max: 86_400, whole: false })
  if (given !== null) return { next: () => given }
  const longest = onTerminal ? LONGEST_ON_TERMINAL_S : LONGEST_S
  let seconds = FIRST_S / GROWTH
  return { next: () => (seconds = Math.min(longest, seconds * GROWTH)) }
}

/** Resolves early when `signal` is aborted. */
export async function pause(seconds: number, signal: AbortSignal | null): Promise<void> {
  try {
    await delay(seconds * 1000, undefined, signal === null ? {} : { signal })
  } catch (error) {
    if (signal?.aborted !== true) throw error
  }
}

/** Asks until it is answered: without a server for as long as --reconnectTimeout_s, after which the error goes on. */
export function patience(
  options: OptionValues,
  report: Report,
  signal: AbortSignal | null
): <T>(ask: () => Promise<T>) => Promise<T> {
  const longest =
    options.number('reconnectTimeout_s', { min: 0, max: 31_536_000, whole: true }) ?? RECONNECT_S
  return async ask => {
    const begin = performance.now()
    for (let tries = 1; ; tries++)
      try {
        return await ask()
      } catch (error) {
        const left = longest - (performance.now() - begin) / 1000
        if (!isOutage(error) || left <= 0) throw error
        if (tries === 1) report.message(null, `No server answers; still waiting. ${error.message}`)
        await pause(Math.min(tries, LONGEST_WHILE_AWAY_S, left), tries === 1 ? signal : null)
      }
  }
}

/** Connections that break, and servers that say that they or their database are away. */
function isOutage(error: unknown): error is Error {
  return (
    error instanceof ConnectionLost ||
    (error instanceof ServerRefusal && [502, 503, 504].includes(error.status))
  )
}
