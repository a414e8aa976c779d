// Warns of a time limit and says when it is exceeded: timers of what runs, none for what waits.
import type { TimeLimit } from '../batch/time-limit.ts'
import { retrying } from '../store/retry.ts'

/** The longest that setTimeout waits. */
const LONGEST_MS = 2 ** 31 - 1

/** Milliseconds until an error that does not pass is tried again. */
const AGAIN_MS = 1000

export interface Watched {
  readonly limit: TimeLimit
  /** How long it has been at work already, by the database's clock. */
  secondsSoFar(): Promise<number>
  warn(): void
  over(): void
  onError(error: unknown): void
}

/** Returns how to stop watching. Of both moments one that has passed already is told at once, the warning first. */
export function watchTime(watched: Watched): () => void {
  let timer: NodeJS.Timeout | null = null
  let done = false

  const wait = (millis: number, then: () => void) => {
    if (done) return
    timer = setTimeout(then, Math.min(Math.max(millis, 0), LONGEST_MS))
    timer.unref()
  }
  const at = (since: number, seconds: number, then: () => void) => {
    const left = since + seconds * 1000 - performance.now()
    if (left > 0) wait(left, () => at(since, seconds, then))
    else if (!done) then()
  }
  const begin = () => {
    retrying({ awayMs: Infinity, giveUp: () => done }, () => watched.secondsSoFar()).then(
      seconds => {
        const since = performance.now() - seconds * 1000
        at(since, watched.limit.warningSeconds, () => {
          watched.warn()
          at(since, watched.limit.limitSeconds, () => watched.over())
        })
      },
      (error: unknown) => {
        if (done) return
        watched.onError(error)
        wait(AGAIN_MS, begin)
      }
    )
  }
  begin()
  return () => {
    done = true
    if (timer !== null) clearTimeout(timer)
  }
}
