// The drain of a server that was told to end (ENGINE E4, E12): nothing new begins, what is at work gives way or stops at its next
// checkpoint, and the log says how far that is.
import { notify } from '../store/notifications.ts'
import { retrying } from '../store/retry.ts'
import { stopExecution } from '../store/stops.ts'
import { releaseUnits } from '../store/units.ts'
import type { Dispatcher } from './dispatcher.ts'
import type { DispatchOptions } from './dispatch-options.ts'

const PROGRESS_MS = 2000

/** Units named in one line of the log; of more, their number. */
const NAMED = 20

/** Resolves when nothing is at work here any more: after `seconds` what has reached no checkpoint is ended with its thread. */
export async function drain(
  options: DispatchOptions,
  dispatcher: Dispatcher,
  seconds: number
): Promise<void> {
  const { db, log, server } = options
  const { runner } = dispatcher
  const reason = `server ${server.serverId} shut down`
  const began = performance.now()
  const patiently = { awayMs: seconds * 1000 }

  const unbegun = await dispatcher.pause()
  if (unbegun.length > 0) {
    await retrying(patiently, () => releaseUnits(db, unbegun))
    // Others take it at once.
    await retrying(patiently, () => notify(db, { kind: 'ready' }))
  }
  const here = [...runner.beginning, ...runner.running.map(({ unit }) => unit)]
  const goingOn = new Set(here.filter(unit => runner.resumes(unit)).map(({ executionId }) => executionId))
  const stopping = here.filter(unit => unit.kind === 'execution' && !runner.resumes(unit))
  log.info(
    {
      givenBack: unbegun.length,
      atWork: here.length,
      goingOn: goingOn.size,
      stopping: stopping.length,
      seconds
    },
    'draining: nothing new begins here; jobs go on elsewhere from their next checkpoint, or stop there'
  )
  const roots = new Set(here.filter(({ kind }) => kind === 'execution').map(({ executionId }) => executionId))
  for (const executionId of goingOn)
    if (roots.has(executionId)) dispatcher.requests.pause(executionId)
    // Partitions of a step at work on another server, which waits for them.
    else dispatcher.requests.giveWay(unit => unit.executionId === executionId, false)
  runner.goesDown(reason)
  for (const { executionId } of stopping)
    await retrying(patiently, () =>
      stopExecution(db, { executionId, by: server.serverId, reason, byServer: true })
    )
  dispatcher.requests.stop(unit => !runner.resumes(unit))

  const progress = setInterval(() => {
    const { atWork, units } = stillAtWork(dispatcher)
    if (atWork > 0)
      log.info({ atWork, units, secondsLeft: left(began, seconds) }, 'draining: these are still at work')
  }, PROGRESS_MS)
  try {
    if (!(await runner.drained(seconds))) {
      log.warn(
        stillAtWork(dispatcher),
        'draining: these reached no checkpoint in time, their threads are ended'
      )
      await runner.endAll(`${reason} before it reached a checkpoint`)
    }
  } finally {
    clearInterval(progress)
  }
  log.info({ seconds: Math.round((performance.now() - began) / 100) / 10 }, 'drained')
}

function left(began: number, seconds: number): number {
  return Math.max(0, Math.round(seconds - (performance.now() - began) / 1000))
}

function stillAtWork({ runner }: Dispatcher): { readonly atWork: number; readonly units: readonly object[] } {
  const { running, beginning } = runner
  const units = running.slice(0, NAMED).map(({ unit, step }) => ({
    executionId: unit.executionId,
    job: unit.jobName,
    kind: unit.kind,
    ...(step === null ? {} : { step }),
    ...(unit.partitionNumber === null ? {} : { partition: unit.partitionNumber }),
    ...(unit.flow === null ? {} : { flow: unit.flow })
  }))
  return { atWork: running.length + beginning.length, units }
}
