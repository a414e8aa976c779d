// This server's proof of life, and what a renewal says about its units (ENGINE E6).
import { createTicker, type Ticker } from '../service/ticker.ts'
import { type HeldUnit, renew } from '../store/incarnations.ts'
import type { Dispatcher } from './dispatcher.ts'
import type { DispatchOptions } from './dispatch-options.ts'
import { recoverStrays } from './recovery.ts'

const RENEW_MS = 5000

export interface Renewal extends Ticker {
  /** This server has had contact for a whole lease without a gap: it may judge others. */
  readonly mayJudge: () => boolean
}

/** Renews every 5 s; what it finds is told to the dispatcher. */
export function createRenewal(options: DispatchOptions, dispatcher: Dispatcher): Renewal {
  const { lifeDb, server, leaseSeconds, log } = options
  const leaseMs = leaseSeconds * 1000
  /** Returned but not in memory once; a second time in a row it is recovered. */
  let strays = new Set<number>()
  let renewed = performance.now()
  let contactSince = performance.now()

  const judge = async (before: ReadonlyMap<number, number>, held: readonly HeldUnit[]) => {
    const byId = new Map(held.map(unit => [unit.unitId, unit]))
    for (const atWork of dispatcher.runner.running) {
      const { unitId, epoch } = atWork.claim
      if (before.get(unitId) !== epoch || dispatcher.runner.isEnding(unitId)) continue
      const unit = byId.get(unitId)
      if (unit === undefined || unit.epoch !== epoch) {
        log.warn({ unitId, epoch }, 'a unit belongs to somebody else now; its thread is ended')
        dispatcher.runner.fence(atWork)
      } else if (unit.status === 'STOPPING') dispatcher.requests.tellStop(atWork)
      else if (unit.pauseRequested) dispatcher.requests.pause(atWork.unit.executionId)
    }
    const missing = held.filter(unit => !dispatcher.holds(unit.unitId))
    await recoverStrays(
      options,
      missing.filter(unit => strays.has(unit.unitId))
    )
    strays = new Set(missing.map(unit => unit.unitId))
  }

  let lease: NodeJS.Timeout | undefined

  const ticker = createTicker({
    everyMs: Math.min(RENEW_MS, leaseMs / 4),
    async round() {
      // Judged are only units that were in memory when the renewal was sent.
      const before = new Map(dispatcher.runner.running.map(atWork => [atWork.unit.unitId, atWork.unit.epoch]))
      const sent = performance.now()
      const held = await renew(lifeDb, {
        incarnation: server.incarnation,
        leaseSeconds,
        freeThreads: dispatcher.freeThreads
      })
      if (held === null) {
        // All at once, and at once: the end of the process waits for one thread after the other.
        for (const atWork of dispatcher.runner.running) dispatcher.runner.fence(atWork)
        options.onDead()
        return
      }
      if (sent - renewed > leaseMs) contactSince = sent
      renewed = sent
      options.counters.renewed()
      dispatcher.hold(false)
      await judge(before, held)
    },
    onError: error => log.error({ err: error }, 'the lease could not be renewed')
  })
  return {
    ...ticker,
    start() {
      // The row was inserted just now; the start before that may have waited long.
      renewed = contactSince = performance.now()
      lease = setInterval(() => {
        if (performance.now() - renewed > leaseMs) dispatcher.hold(true)
      }, 500)
      lease.unref()
      ticker.start()
    },
    mayJudge: () => performance.now() - renewed < leaseMs && performance.now() - contactSince > leaseMs,
    async stop() {
      clearInterval(lease)
      await ticker.stop()
    }
  }
}
