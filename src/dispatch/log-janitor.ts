// Removes log folders of instances that are not in the repository: what a purge on another server, or one that was interrupted,
// left behind on this one's disk (ENGINE E14).
import { removeOrphans } from '../joblog/delete-job-logs.ts'
import { MARK, ownerOfLogFolder } from '../joblog/log-folder-owner.ts'
import { systemClock } from '../service/clock.ts'
import { createTicker, type Ticker } from '../service/ticker.ts'
import { findKeptLogs, repositoryId } from '../store/purge-logs.ts'
import type { DispatchOptions } from './dispatch-options.ts'

/** A walk reads every folder of the root, so it is seldom. */
const WALK_MS = 3_600_000
/** Younger folders stay: they may belong to what is just being stored. */
const YOUNGEST_MS = 3_600_000
/** Ids asked for at once: folders of a day have neighbouring ids. */
const RANGE = 1000

type JanitorOptions = Pick<DispatchOptions, 'db' | 'jobLog' | 'log' | 'logSpaces'>

/**
 * Walks once an hour, each server over its own root: without a shared volume only it can. A folder goes when neither its
 * instance nor a tombstone is there and it has not changed for an hour. Where all logs have a cap, they are measured then, and
 * as it starts.
 */
export function createLogJanitor({ db, jobLog, log, logSpaces }: JanitorOptions): Ticker {
  let walking = new AbortController()
  let measured: Promise<void> = Promise.resolve()
  // One after the other: each counts from what it finds.
  const measure = () => (measured = measured.then(measureOnce))
  const measureOnce = async () => {
    try {
      await logSpaces.measure(walking.signal)
    } catch (error) {
      log.error({ err: error }, 'job logs could not be measured')
    }
  }

  async function tidyUp(): Promise<void> {
    const root = jobLog.jobLogRoot
    const owner = await ownerOfLogFolder(root, await repositoryId(db))
    if (owner === 'another')
      log.warn(
        { root },
        `another job repository keeps its job logs here (${MARK} says so): none are tidied up`
      )
    if (owner !== 'this') return
    const { signal } = walking
    const { removed, failures } = await removeOrphans(root, keptLogs(db), {
      signal,
      changedBefore: new Date(systemClock.now() - YOUNGEST_MS)
    })
    if (removed > 0) log.info({ removed }, 'removed job logs of instances that are no more')
    for (const { relativePath, error } of failures)
      log.warn({ err: error, relativePath }, 'a job log of no instance could not be deleted')
  }

  const ticker = createTicker({
    everyMs: WALK_MS,
    async round() {
      await tidyUp()
      await measure()
    },
    onError: error => log.error({ err: error }, 'job logs could not be looked through')
  })
  return {
    start() {
      walking = new AbortController()
      void measure()
      ticker.start()
    },
    async stop() {
      walking.abort()
      await Promise.all([ticker.stop(), measured])
    },
    tick: () => ticker.tick()
  }
}

/** Asks for many ids at once, and once more for the one that seems gone: it may have come since. */
function keptLogs(db: DispatchOptions['db']): (instanceId: number) => Promise<boolean> {
  let first = -1
  let kept = new Set<number>()
  return async instanceId => {
    const start = instanceId - (instanceId % RANGE)
    if (start !== first) {
      kept = new Set(await findKeptLogs(db, start, start + RANGE - 1))
      first = start
    }
    return kept.has(instanceId) || (await findKeptLogs(db, instanceId, instanceId)).length > 0
  }
}
