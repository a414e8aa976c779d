// What some server must do now and then, whichever: finish purges of dead servers, make and drop event partitions, forget old
// idempotency keys and unused job definitions; and, each second, chain audit rows.
import { createTicker, type Ticker } from '../service/ticker.ts'
import { alone } from '../store/advisory-lock.ts'
import { chainAudit } from '../store/audit.ts'
import { dropOldEvents, makeEventPartitions } from '../store/event-partitions.ts'
import { forgetOldKeys } from '../store/idempotency-keys.ts'
import { removeUnusedJobXMLs } from '../store/job-xml.ts'
import { forgetOldPlans } from '../store/purge-plans.ts'
import { takeAbandonedPurges } from '../store/purges.ts'
import type { DispatchOptions } from './dispatch-options.ts'
import { finishPurges } from './finish-purge.ts'
import { createLogJanitor } from './log-janitor.ts'

const ROUND_MS = 60_000
/** What is not chained yet is not protected. */
const CHAIN_MS = 1000
/** Of what reads a whole table. */
const SELDOM_MS = 3_600_000
/** Purges finished in one go, and most goes of a round: the next round comes soon. */
const PURGES = 64
const GOES = 20

export type HousekeepingOptions = Pick<DispatchOptions, 'db' | 'log' | 'jobLog' | 'logSpaces'> & {
  readonly server: Pick<DispatchOptions['server'], 'incarnation'>
}

/**
 * A round every 60 s, one server at a time; beside it the audit's chain each second, also one server at a time, and each server's
 * own janitor of job logs.
 */
export function createHousekeeping(options: HousekeepingOptions): Ticker {
  const { db, log } = options
  let seldomDone = Number.NEGATIVE_INFINITY
  let stopping = false

  const chores: Readonly<Record<string, () => Promise<unknown>>> = {
    'finish purges': () => finishAbandonedPurges(options, () => stopping),
    'make event partitions': () => makeEventPartitions(db),
    'drop old events': () => dropOldEvents(db),
    'forget old purge plans': () => forgetOldPlans(db),
    'forget old idempotency keys': () => forgetOldKeys(db),
    async 'remove unused job definitions'() {
      if (performance.now() - seldomDone < SELDOM_MS) return
      await removeUnusedJobXMLs(db)
      seldomDone = performance.now()
    }
  }

  const ticker = createTicker({
    everyMs: ROUND_MS,
    async round() {
      await alone(db, 'housekeeping', async () => {
        for (const [chore, work] of Object.entries(chores)) {
          if (stopping) return
          try {
            await work()
          } catch (error) {
            // One that fails must not keep the others from their turn.
            log.warn({ err: error, chore }, 'housekeeping could not do one of its chores; it tries again')
          }
        }
      })
    },
    onError: error => log.error({ err: error }, 'housekeeping failed')
  })
  const chain = createTicker({
    everyMs: CHAIN_MS,
    async round() {
      await chainAudit(db)
    },
    onError: error => log.warn({ err: error }, 'audit rows could not be chained; they are looked at again')
  })
  const janitor = createLogJanitor(options)

  return {
    start() {
      stopping = false
      ticker.start()
      chain.start()
      janitor.start()
    },
    async stop() {
      stopping = true
      await Promise.all([ticker.stop(), chain.stop(), janitor.stop()])
    },
    async tick() {
      await ticker.tick()
      await chain.tick()
      await janitor.tick()
    }
  }
}

/** Those marked by servers that died, or that gave up half-way. */
async function finishAbandonedPurges(
  { db, log, jobLog, logSpaces, server }: HousekeepingOptions,
  stopping: () => boolean
): Promise<void> {
  const { incarnation } = server
  const logsFreed = logSpaces.counts ? (bytes: number) => logSpaces.freed(bytes) : null
  for (let go = 0; go < GOES && !stopping(); go++) {
    const taken = await takeAbandonedPurges(db, incarnation, PURGES)
    if (taken.length === 0) return
    const ends = await finishPurges({ db, jobLogRoot: jobLog.jobLogRoot, incarnation, logsFreed }, taken)
    for (const [instanceId, end] of ends)
      if (end.kind === 'purged') log.info({ instanceId }, 'finished the purge of a server that died')
      else log.warn({ err: end.error, instanceId, end: end.kind }, 'a purge could not be finished')
  }
}
