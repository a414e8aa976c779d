// This server's proof of life, and what a renewal says about its units (ENGINE E6, E7).
import { setTimeout as delay } from 'node:timers/promises'
import { createTicker, type Ticker } from '../service/ticker.ts'
import {
  deleteIncarnation,
  endSessions,
  findPredecessor,
  type HeldUnit,
  insertIncarnation,
  markDead,
  renew
} from '../store/incarnations.ts'
import { findExecutionsOfDead, recoverExecution } from '../store/recoveries.ts'
import { releaseUnits } from '../store/units.ts'
import type { Dispatcher } from './dispatcher.ts'
import type { DispatchOptions } from './dispatch-options.ts'

const RENEW_MS = 5000
/** How often a start looks whether its predecessor has gone. */
const LOOK_MS = 500

/**
 * Registers this incarnation, after taking over what an earlier one of the same server id left: at once when none of its
 * sessions is open (kill -9 closes them), else when its lease is over; it says whom it waits for.
 */
export async function takeOver(options: DispatchOptions): Promise<void> {
  const { db, server, leaseSeconds, log } = options
  const { incarnation, serverId, address } = server
  for (let told = false; ;) {
    const predecessor = await findPredecessor(db, serverId)
    if (predecessor !== null) {
      const evidence = predecessor.expired ? 'expired' : 'sessions gone'
      if (
        (predecessor.expired || predecessor.sessions === 0) &&
        (await markDead(db, predecessor.incarnation, evidence))
      ) {
        log.warn(
          { predecessor: predecessor.incarnation, evidence },
          `taking over from an earlier start of ${serverId}`
        )
        await recoverDead(options, predecessor.incarnation, `server ${serverId} ended without finishing it`)
        continue
      }
      if (!told) {
        log.warn(
          {
            predecessor: predecessor.incarnation,
            address: predecessor.address,
            sessions: predecessor.sessions
          },
          `waiting: server ${serverId} (${predecessor.address}) is still connected; give this one another BATCH_SERVER_ID or stop that one`
        )
        told = true
      }
      await delay(LOOK_MS)
      continue
    }
    const applications = [...(await options.applications()).keys()]
    if (await insertIncarnation(db, { incarnation, serverId, address, applications, leaseSeconds })) return
  }
}

/** E7, E12 under `fail`. */
async function recoverDead(options: DispatchOptions, dead: string, reason: string): Promise<void> {
  const { db, log } = options
  await endSessions(db, dead)
  for (const executionId of await findExecutionsOfDead(db, dead)) {
    const became = await recoverExecution(db, { executionId, incarnation: dead, reason })
    log.warn({ executionId, became, reason }, 'recovered a job execution of a server that died')
  }
  await deleteIncarnation(db, dead)
}

/** Renews every 5 s; what it finds is told to the dispatcher. */
export function createRenewal(options: DispatchOptions, dispatcher: Dispatcher): Ticker {
  const { lifeDb, server, leaseSeconds, log } = options
  /** Returned but not in memory once; a second time in a row it is recovered. */
  let strays = new Set<number>()

  const judge = async (before: ReadonlyMap<number, number>, held: readonly HeldUnit[]) => {
    const byId = new Map(held.map(unit => [unit.unitId, unit]))
    for (const atWork of dispatcher.runner.running) {
      const { unitId, epoch } = atWork.claim
      if (before.get(unitId) !== epoch || dispatcher.runner.isEnding(unitId)) continue
      const unit = byId.get(unitId)
      if (unit === undefined || unit.epoch !== epoch) {
        log.warn({ unitId, epoch }, 'a unit belongs to somebody else now; its thread is ended')
        dispatcher.runner.fence(atWork)
      } else if (unit.status === 'STOPPING') dispatcher.tellStop(atWork)
    }
    const missing = held.filter(unit => !dispatcher.holds(unit.unitId))
    await recoverStrays(
      options,
      missing.filter(unit => strays.has(unit.unitId))
    )
    strays = new Set(missing.map(unit => unit.unitId))
  }

  return createTicker({
    everyMs: RENEW_MS,
    async round() {
      const before = new Map(dispatcher.runner.running.map(atWork => [atWork.unit.unitId, atWork.unit.epoch]))
      const held = await renew(lifeDb, {
        incarnation: server.incarnation,
        leaseSeconds,
        freeThreads: dispatcher.freeThreads
      })
      if (held === null) options.onDead()
      else await judge(before, held)
    },
    onError: error => log.error({ err: error }, 'the lease could not be renewed')
  })
}

async function recoverStrays(options: DispatchOptions, strays: readonly HeldUnit[]): Promise<void> {
  if (strays.length === 0) return
  const { db, server, log } = options
  await releaseUnits(
    db,
    strays.filter(unit => unit.status === 'CLAIMED')
  )
  const begun = strays.filter(unit => unit.status !== 'CLAIMED')
  if (begun.length === 0) return
  for (const executionId of await findExecutionsOfDead(db, server.incarnation)) {
    const reason = `server ${server.serverId} lost sight of it`
    const became = await recoverExecution(db, {
      executionId,
      incarnation: server.incarnation,
      reason,
      onlyUnits: begun.map(unit => unit.unitId)
    })
    if (became !== null) log.error({ executionId, became }, reason)
  }
}
