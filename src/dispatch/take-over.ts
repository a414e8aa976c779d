// The start of an incarnation: what an earlier start of the same server id left is taken over first (ENGINE E7).
import { setTimeout as delay } from 'node:timers/promises'
import { findPredecessor, insertIncarnation, markDead } from '../store/incarnations.ts'
import type { DispatchOptions } from './dispatch-options.ts'
import { recoverDead } from './recovery.ts'

/** How often a start looks whether its predecessor has gone. */
const LOOK_MS = 500

/**
 * Registers this incarnation, after taking over what an earlier one of the same server id left: at once when none of its
 * sessions is open (kill -9 closes them), else when its lease is over; it says whom it waits for. Rejects when `stopped`.
 */
export async function takeOver(options: DispatchOptions, stopped: AbortSignal): Promise<void> {
  const { db, server, leaseSeconds, threads, serverCaps, installed, log } = options
  const { incarnation, serverId, role } = server
  const address = server.address()
  for (let told = false; ;) {
    stopped.throwIfAborted()
    const predecessor = await findPredecessor(db, serverId, leaseSeconds)
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
      await delay(LOOK_MS, undefined, { signal: stopped })
      continue
    }
    const applications = [...(await installed.runnable()).keys()]
    const { operationGroups } = installed
    const runs = { applications, operationGroups, threads, serverCaps }
    if (await insertIncarnation(db, { incarnation, serverId, address, role, leaseSeconds, ...runs })) return
  }
}
