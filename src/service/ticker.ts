// Anything with a loop: rounds at an interval that can be started, stopped (waiting for the round under way) and driven by hand.

export interface Ticker {
  start(): void
  /** Safe to call twice; resolves when the round under way has ended. */
  stop(): Promise<void>
  /** One round now: what tests call instead of sleeping. Rounds never overlap; a call during one runs another after it. */
  tick(): Promise<void>
}

/**
 * `onError` gets what a round threw; the next round comes all the same. A round that answers a number wants the next one
 * in so many milliseconds, where that is sooner.
 */
export function createTicker(options: {
  readonly everyMs: number
  readonly round: () => Promise<number | null | void>
  readonly onError: (error: unknown) => void
}): Ticker {
  let timer: NodeJS.Timeout | null = null
  let running: Promise<void> = Promise.resolve()
  let stopped = true
  let nextMs = options.everyMs

  const round = async () => {
    nextMs = options.everyMs
    try {
      const asked = await options.round()
      if (typeof asked === 'number') nextMs = Math.min(nextMs, Math.max(0, asked))
    } catch (error) {
      options.onError(error)
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
