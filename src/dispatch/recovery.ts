// Recovers what servers that died left behind, and what this one lost sight of (ENGINE E6, E7, E12).
import { createTicker, type Ticker } from '../service/ticker.ts'
import {
  deleteIncarnation,
  endSessions,
  findExpired,
  type HeldUnit,
  markDead
} from '../store/incarnations.ts'
import { findExecutionsOfDead, recoverExecution } from '../store/recoveries.ts'
import { isContention, retrying } from '../store/retry.ts'
import { releaseUnits } from '../store/units.ts'
import type { DispatchOptions } from './dispatch-options.ts'
import { writeLastLineOfDead } from './last-line.ts'

/** At least so often; with short leases four times a lease. */
const SWEEP_MS = 5000

/** Every execution of it in a transaction of its own; its row goes when no unit names it any more. */
export async function recoverDead(options: DispatchOptions, dead: string, reason: string): Promise<void> {
  const { db, log, recovery: policy, crashBudget } = options
  await endSessions(db, dead)
  for (const executionId of await findExecutionsOfDead(db, dead)) {
    try {
      const became = await retrying({ awayMs: 0 }, () =>
        recoverExecution(db, { executionId, incarnation: dead, reason, policy, crashBudget })
      )
      if (became === null) continue
      log.warn({ executionId, became, reason }, 'recovered a job execution of a server that died')
      if (became !== 'READY') await writeLastLineOfDead(options, executionId)
    } catch (error) {
      // Somebody holds it locked: the next sweep finds it again.
      if (!isContention(error)) throw error
    }
  }
  await deleteIncarnation(db, dead)
}

/**
 * Sweeps every 5 s. `inContact` says since when this server has had contact without a gap of a lease: only who could see
 * renewals for a whole lease may judge that there was none, so that an outage of PostgreSQL kills nobody.
 */
export function createSweep(options: DispatchOptions, inContact: () => boolean, wake: () => void): Ticker {
  const { db, server, leaseSeconds, log } = options
  return createTicker({
    everyMs: Math.min(SWEEP_MS, leaseSeconds * 250),
    async round() {
      if (!inContact()) return
      const dead = []
      // All are marked before any is recovered: what of a job died with several is recovered with the topmost (E7).
      for (const expired of await findExpired(db, server.incarnation, leaseSeconds))
        if (expired.marked || (await markDead(db, expired.incarnation, 'expired'))) dead.push(expired)
      for (const { incarnation, serverId } of dead) {
        log.warn({ dead: incarnation, serverId }, 'a server has not renewed its lease: its work is recovered')
        await recoverDead(
          options,
          incarnation,
          `server ${serverId} died (it gave no sign of life for ${leaseSeconds} s)`
        )
        wake()
      }
    },
    onError: error => log.error({ err: error }, 'dead servers could not be looked for')
  })
}

/** Units the repository says are ours and that are not in memory: something of this server failed half-way. */
export async function recoverStrays(options: DispatchOptions, strays: readonly HeldUnit[]): Promise<void> {
  if (strays.length === 0) return
  const { db, server, log, recovery: policy, crashBudget } = options
  await releaseUnits(
    db,
    strays.filter(unit => unit.status === 'CLAIMED')
  )
  const begun = strays.filter(unit => unit.status !== 'CLAIMED').map(unit => unit.unitId)
  if (begun.length === 0) return
  const reason = `server ${server.serverId} lost sight of it`
  for (const executionId of await findExecutionsOfDead(db, server.incarnation)) {
    const became = await recoverExecution(db, {
      executionId,
      incarnation: server.incarnation,
      reason,
      policy,
      crashBudget,
      onlyUnits: begun
    })
    if (became !== null) log.error({ executionId, became }, reason)
  }
}
