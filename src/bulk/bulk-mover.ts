// Moves bulk jobs on, on every server: looks at those that have not ended, and does what is next for each (requirement document 002).
import type { Logger } from 'pino'
import { LONG_CONNECTIONS } from '../store/connection-budget.ts'
import { BatchError } from '../batch/batch-error.ts'
import { createTicker } from '../service/ticker.ts'
import { forgetOldManifests } from '../store/bulk-manifests.ts'
import { type BulkJobLook, claimBulkJob, lookAtBulkJobs, releaseBulkJob } from '../store/bulk-moves.ts'
import { PASSING } from './as-submitter.ts'
import type { BulkOptions } from './bulk-options.ts'
import { doStep } from './do-step.ts'
import { type NextStep, nextStep } from './next-step.ts'

/** While there are jobs to move; and while there are none, which a creation here cuts short. */
const ROUND_MS = 200
const IDLE_ROUND_MS = 1000

/** After a step that failed. */
const AGAIN_MS = 1000

/** Statuses follow one another: most of them have nothing to wait for. */
const MOST_STEPS = 8

/** Manifests that one server reads at one time: each takes a connection for as long. */
const MOST_PREPARING = LONG_CONNECTIONS

const MANIFESTS_MS = 3_600_000

/** Steps that take their time, or must not be done by two servers at one time: they have a worker. */
const WORK: ReadonlySet<NextStep['kind']> = new Set(['prepare', 'submit', 'startRuns', 'end'])

export interface BulkMover {
  start(): void
  /** Resolves when nothing of it runs any more; manifests that are being read are given up and read again elsewhere. */
  stop(): Promise<void>
  tick(): Promise<void>
  /** There may be something to do. */
  wake(): void
}

export function createBulkMover(options: BulkOptions & { readonly log: Logger }): BulkMover {
  const { db, longDb, log, incarnation: worker } = options
  const atWork = new Map<string, Promise<void>>()
  /** Jobs whose last step was refused or failed: when they are tried again. */
  const notBefore = new Map<string, number>()
  let preparing = 0
  let stopping = new AbortController()
  let lookedAt = Number.NEGATIVE_INFINITY
  let tidiedAt = performance.now()
  let idle = false

  async function round(): Promise<void> {
    const now = performance.now()
    if (idle && now - lookedAt < IDLE_ROUND_MS) return
    lookedAt = now
    await tidy(now)
    for (let steps = 0; steps < MOST_STEPS && !stopping.signal.aborted; steps++) {
      const jobs = await lookAtBulkJobs(db)
      idle = jobs.length === 0
      const moved = await Promise.all(jobs.map(stepOf))
      if (!moved.includes(true)) return
    }
  }

  /** `true`: something changed that the next look should see at once. */
  async function stepOf(look: BulkJobLook): Promise<boolean> {
    const { jobId } = look
    const busy = atWork.has(jobId) || (look.worker !== null && look.worker !== worker)
    const step = nextStep(look, busy)
    if (step.kind === 'wait' || performance.now() < (notBefore.get(jobId) ?? 0)) return false
    try {
      if (!WORK.has(step.kind)) {
        const moved = await doStep(options, look, step, stopping.signal)
        notBefore.delete(jobId)
        return moved
      }
      if (step.kind === 'prepare' && preparing >= MOST_PREPARING) return false
      if (!(await claimBulkJob(db, { jobId, worker }))) return false
    } catch (error) {
      failed(look, step, error)
      return false
    }
    const work = workOn(look, step).finally(() => atWork.delete(jobId))
    atWork.set(jobId, work)
    return false
  }

  async function workOn(look: BulkJobLook, step: NextStep): Promise<void> {
    const { jobId } = look
    if (step.kind === 'prepare') preparing++
    try {
      await doStep(options, look, step, stopping.signal)
      notBefore.delete(jobId)
    } catch (error) {
      failed(look, step, error)
    }
    if (step.kind === 'prepare') preparing--
    // What cannot be released now is this server's still, and it takes it up again.
    await releaseBulkJob(db, { jobId, worker }).catch(() => {})
    // Not awaited: a round waits for no job.
    if (!notBefore.has(jobId)) wake()
  }

  function failed({ jobId }: BulkJobLook, step: NextStep, error: unknown): void {
    notBefore.set(jobId, performance.now() + AGAIN_MS)
    if (stopping.signal.aborted) return
    // In maintenance, or while the database is away, every round would say so.
    const expected = error instanceof BatchError && PASSING.includes(error.code)
    const what = { err: error, bulkJob: jobId, step: step.kind }
    log[expected ? 'debug' : 'warn'](what, 'a bulk job could not be moved; it is tried again')
  }

  async function tidy(now: number): Promise<void> {
    if (now - tidiedAt < MANIFESTS_MS) return
    tidiedAt = now
    await forgetOldManifests(longDb)
  }

  const ticker = createTicker({
    everyMs: ROUND_MS,
    round,
    onError: error => log.error({ err: error }, 'bulk jobs could not be looked at')
  })

  function wake(): void {
    idle = false
    if (!stopping.signal.aborted) void ticker.tick()
  }

  return {
    start() {
      stopping = new AbortController()
      ticker.start()
    },
    async stop() {
      stopping.abort(new Error('the server was told to stop'))
      await ticker.stop()
      await Promise.all(atWork.values())
    },
    async tick() {
      idle = false
      await ticker.tick()
      await Promise.all(atWork.values())
    },
    wake
  }
}
