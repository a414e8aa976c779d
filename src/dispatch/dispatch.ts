// Puts the room together: dispatcher, renewal, listener and poll, with one start and one stop in the right order.
import { randomUUID } from 'node:crypto'
import type { ArtifactNames } from '../applications/artifact-names.ts'
import { createTicker } from '../service/ticker.ts'
import { admitCapped } from '../store/caps.ts'
import { deleteIncarnation, sessionName } from '../store/incarnations.ts'
import { type Listener, listen, notify } from '../store/notifications.ts'
import { retrying } from '../store/retry.ts'
import type { Seat } from '../store/submissions.ts'
import { admitDelayedUnits } from '../store/units.ts'
import { createArtifactInspector } from './artifact-inspector.ts'
import { DispatchCounters, type DispatchFigures } from './dispatch-counters.ts'
import { Dispatcher } from './dispatcher.ts'
import type { DispatchOptions, RunnableApplication } from './dispatch-options.ts'
import { drain } from './drain.ts'
import { hearNote } from './hear-note.ts'
import { createHousekeeping } from './housekeeping.ts'
import { lookAtChildren } from './remote-children.ts'
import { createSweep } from './recovery.ts'
import { createPublisher } from './publisher.ts'
import { createRenewal } from './renewal.ts'
import { takeOver } from './take-over.ts'

/** Behind the notifications, which may be lost (E3). */
const POLL_MS = 1000

/** Submits of this time share one note to the other servers. */
const TELL_MS = 20

/** How long a server that ends tries to say so to a PostgreSQL that is away. */
const GONE_MS = 5000

export interface Dispatch {
  start(): Promise<void>
  /** For a job that this server may run, while it is stored; `null` = it has no thread to spare, or others wait for one. */
  seat(): Seat | null
  /** Something was submitted or restarted here. `others`: it may be that only other servers run it. */
  wake(others?: boolean): void
  /** A stop was written here for this root unit or execution: told without the detour over the database. */
  stopRequested(executionId: number): void
  /** A pause was written here for this execution. */
  pauseRequested(executionId: number): void
  /** This execution was ended from outside here: what it has at work is ended. */
  executionEnded(executionId: number): void
  /** No new work, running units stopped at their next checkpoint within the seconds, then all of it ended. */
  stop(shutdownSeconds: number): Promise<void>
  /** What an application exports; rejects with the reason when its code cannot be loaded. */
  artifactNames(application: RunnableApplication): Promise<ArtifactNames>
  /** What it has done so far, and its threads now. */
  figures(): DispatchFigures
  tick(): Promise<void>
}

export function newIncarnation(): { incarnation: string; sessionName: string } {
  const incarnation = randomUUID()
  return { incarnation, sessionName: sessionName(incarnation) }
}

export function createDispatch(given: Omit<DispatchOptions, 'counters'>): Dispatch {
  const counters = new DispatchCounters()
  const options: DispatchOptions = { ...given, counters }
  const { db, log, server } = options
  const dispatcher = new Dispatcher(options)
  const renewal = createRenewal(options, dispatcher)
  const inspector = createArtifactInspector(options)
  const publisher = createPublisher(options, application => inspector.namesOf(application))
  const sweep = createSweep(options, renewal.mayJudge, () => dispatcher.wake())
  const housekeeping = createHousekeeping(options)
  const poll = createTicker({
    everyMs: POLL_MS,
    async round() {
      await admitDelayedUnits(db)
      await admitCapped(db)
      await dispatcher.giveBackLate()
      dispatcher.wake()
    },
    onError: error => log.error({ err: error }, 'waiting units could not be looked at')
  })
  const childrenPoll = createTicker({
    everyMs: POLL_MS,
    round: () => lookAtChildren(dispatcher.runner.running),
    onError: error => log.error({ err: error }, 'partitions on other servers could not be looked at')
  })
  let listener: Listener | null = null
  const stopped = new AbortController()

  let telling: NodeJS.Timeout | null = null
  const tellOthers = () => {
    telling ??= setTimeout(() => {
      telling = null
      notify(db, { kind: 'ready' }).catch((error: unknown) =>
        log.warn({ err: error }, 'other servers could not be told of new work')
      )
    }, TELL_MS)
  }

  return {
    async start() {
      await takeOver(options, stopped.signal)
      if (stopped.signal.aborted) {
        await deleteIncarnation(db, server.incarnation)
        throw stopped.signal.reason as Error
      }
      listener = await listen(
        options.session,
        note => hearNote({ dispatcher, renewal, log }, note),
        error => log.warn({ err: error }, 'the listening connection was lost')
      )
      renewal.start()
      await publisher.tick()
      publisher.start()
      sweep.start()
      poll.start()
      childrenPoll.start()
      housekeeping.start()
      dispatcher.runner.logParts.start()
      dispatcher.start()
    },
    seat: () => dispatcher.seat(),
    wake(others = false) {
      // Other servers are woken only when this one has no thread for it: most notes would wake them for nothing (E3).
      if (others || dispatcher.freeThreads === 0) tellOthers()
      dispatcher.wake()
    },
    stopRequested(executionId) {
      dispatcher.requests.stop(unit => unit.executionId === executionId)
    },
    pauseRequested: executionId => dispatcher.requests.pause(executionId),
    executionEnded: executionId => dispatcher.requests.executionEnded(executionId),
    artifactNames: application => inspector.namesOf(application),
    figures: () => counters.figures(),
    async stop(shutdownSeconds) {
      stopped.abort(new Error('the server was told to stop'))
      const tidied = housekeeping.stop()
      if (telling !== null) clearTimeout(telling)
      await poll.stop()
      await sweep.stop()
      const published = publisher.stop()
      await inspector.close()
      await published
      await drain(options, dispatcher, shutdownSeconds)
      await childrenPoll.stop()
      await dispatcher.runner.logParts.stop()
      await tidied
      await renewal.stop()
      await listener?.close()
      await dispatcher.runner.close()
      try {
        await retrying({ awayMs: GONE_MS }, () => deleteIncarnation(db, server.incarnation))
      } catch (error) {
        log.warn({ err: error }, 'this server could not sign off: the others wait for the end of its lease')
      }
    },
    async tick() {
      await publisher.tick()
      await renewal.tick()
      await sweep.tick()
      await poll.tick()
      await childrenPoll.tick()
      await housekeeping.tick()
    }
  }
}
