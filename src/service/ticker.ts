// Anything with a loop: rounds at an interval that can be started, stopped (waiting for the round under way) and driven by hand.

export interface Ticker {
  start(): void
  /** Safe to call twice; resolves when the round under way has ended. */
  stop(): Promise<void>
  /** One round now: what tests call instead of sleeping. Rounds never overlap; a call during one runs another after it. */
  tick(): Promise<void>
}

/** A round that fails each time for one reason, as while PostgreSQL is away, is told so often. */
const TOLD_AGAIN_MS = 60_000

export interface TickerOptions {
  readonly everyMs: number
  readonly round: () => Promise<number | null | void>
  readonly onError: (error: unknown) => void
  readonly toldAgainMs?: number
}

/**
 * `onError` gets what a round threw, and of rounds that fail one after the other for the same reason the first and then one
 * a minute; the next round comes all the same. A round that answers a number wants the next one in so many milliseconds, where
 * that is sooner.
 */
export function createTicker(options: TickerOptions): Ticker {
  let timer: NodeJS.Timeout | null = null
  let running: Promise<void> = Promise.resolve()
  let stopped = true
  let nextMs = options.everyMs
  const { toldAgainMs = TOLD_AGAIN_MS } = options
  let told: { readonly error: string; readonly at: number } | null = null

  const tell = (error: unknown) => {
    const text = String(error)
    if (told?.error === text && performance.now() - told.at < toldAgainMs) return
    told = { error: text, at: performance.now() }
    options.onError(error)
  }
  const round = async () => {
    nextMs = options.everyMs
    try {
      const asked = await options.round()
      if (typeof asked === 'number') nextMs = Math.min(nextMs, Math.max(0, asked))
      told = null
    } catch (error) {
      tell(error)
    }
  }
  const tick = () => (running = running.then(round))
  const schedule = () => {
    if (stopped) return
    timer = setTimeout(() => void tick().then(schedule), nextMs)
  }
  return {
    start() {
      if (!stopped) return
      stopped = false
      schedule()
    },
    async stop() {
      stopped = true
      if (timer !== null) clearTimeout(timer)
      await running
    },
    tick
  }
}
