// Second composition root: what runs in an executor thread (worker thread or child process), one unit at a time, for one application.
import { flushCompileCache } from 'node:module'
import { type ArtifactRegistry, loadArtifacts } from '../../applications/artifact-registry.ts'
import { BULK_ARTIFACTS } from '../../bulk/artifacts/bulk-artifacts.ts'
import { JOB_LOGGER, type JobLogWriter } from '../../joblog/job-log-writer.ts'
import type { JobSource } from '../../jsl/job-source.ts'
import { readJob } from '../../jsl/read-job.ts'
import { LRUCache } from '../../service/lru-cache.ts'
import { runUnit } from '../run-unit.ts'
import { StopRequest } from '../stop-request.ts'
import { Fenced, type UnitOrder, Yielded } from '../unit-port.ts'
import type { ArtifactSource } from '../unit-scope.ts'
import { captureOutput, flushOutput } from './captured-output.ts'
import { threadChannel } from './channel.ts'
import { ChunkTally } from './chunk-tally.ts'
import { type FromThread, type ThreadSettings, toWire } from './messages.ts'
import { Gate } from './gate.ts'
import { openChunks } from './open-chunks.ts'
import { SYSTEM_ARTIFACTS } from './system-batchlet.ts'
import { guardThread, threadFault } from './thread-faults.ts'
import { ThreadPort } from './thread-port.ts'
import { atWorkOn, unitAtWork } from './unit-at-work.ts'
import { openUnitLog } from './unit-log.ts'
import { watchParent } from './watch-parent.ts'
import { createWear } from './wear.ts'

/** Jobs of one application are mostly few and run again and again; reading a JSL takes longer than running a small step. */
const JOBS_KEPT = 16
const TICK_MS = 1000

/** After the application's code was loaded: what was compiled for it is kept then, and not by a thread that is told to end. */
const KEEP_COMPILED_MS = 1000

const gate = new Gate()
const channel = threadChannel()
if (process.send) watchParent(process.exit.bind(process))
guardThread(message => channel.post(message))
captureOutput()

const sources = new LRUCache<string, JobSource>(JOBS_KEPT)
let settings: ThreadSettings
let isWorn: () => boolean
let loading: Promise<ArtifactRegistry>

channel.listen(message => {
  switch (message.type) {
    case 'begin':
      settings = message.settings
      isWorn = createWear(message.heapMB)
      // Before the application's code is loaded: an endless loop or an exit in it is then the fault of the unit that needs it.
      channel.post({ type: 'ready' })
      loading = loadArtifacts(settings.application.directory, settings.builtIn, {
        ...BULK_ARTIFACTS,
        ...SYSTEM_ARTIFACTS
      })
      // Else it is written when the thread ends, which takes as long as compiling did, at a moment when time counts.
      void loading.catch(() => {}).then(() => setTimeout(flushCompileCache, KEEP_COMPILED_MS).unref())
      // An application that cannot be loaded fails each artifact that is asked of it, with the reason.
      loading.then(
        ({ own }) => channel.post({ type: 'artifacts', names: own, reason: '' }),
        (error: unknown) => channel.post({ type: 'artifacts', names: null, reason: toWire(error).message })
      )
      return
    case 'run':
      void run(message.order)
      return
    case 'stop':
      unitAtWork()?.stop.request(message.reason, message.overdue)
      return
    case 'note':
      unitAtWork()?.log.write(JOB_LOGGER, message.text)
      return
    case 'yield':
      unitAtWork()?.stop.requestYield()
      return
    case 'hold':
      gate.hold(message.held)
      return
    case 'childEvent':
    case 'reply':
    case 'refused':
      unitAtWork()?.port.receive(message)
  }
})

async function run(order: UnitOrder): Promise<void> {
  const end = await endOf(order)
  // Before the unit's end, behind which the next one may come.
  if (isWorn()) channel.post({ type: 'sullied', reason: 'what job code left in it fills half of its heap' })
  channel.post(end)
}

/** What the server is told last of a unit, when its log is closed. */
async function endOf(order: UnitOrder): Promise<FromThread> {
  const stop = new StopRequest()
  const tally = new ChunkTally(message => channel.post(message))
  let seq = () => order.seq
  const port = new ThreadPort(
    message => channel.post(message),
    async target => {
      const opened = openChunks(settings, order, seq(), target, () => gate.open, tally)
      seq = () => opened.seq()
      return opened.transactions
    },
    order.firstStep ?? null
  )
  let log: JobLogWriter | null = null
  let tick: NodeJS.Timeout | undefined
  try {
    const opened = openUnitLog(settings, order, {
      onPart: relativePath => port.partOpened(relativePath),
      onTrouble: ({ message }) => channel.post({ type: 'logTrouble', reason: message })
    })
    log = opened
    tick = setInterval(() => {
      opened.tick()
      tally.flush()
    }, TICK_MS)
    const unit = { name: `unit ${order.unitId}`, stop, port, log }
    const deps = { registry: artifactsFor(order), jobLog: log, readJob: cachedJob }
    const outcome = await atWorkOn(unit, () => runUnit(order, port, stop, deps))
    return { type: 'ended', outcome, step: port.lastStepOf(outcome) }
  } catch (error) {
    if (error instanceof Yielded) return { type: 'yielded' }
    return error instanceof Fenced ? { type: 'fenced' } : { type: 'crashed', reason: threadFault(error) }
  } finally {
    clearInterval(tick)
    tally.flush()
    flushOutput()
    log?.close()
  }
}

function cachedJob(jsl: string): JobSource {
  const known = sources.get(jsl)
  if (known) return known
  const source = readJob(jsl)
  sources.set(jsl, source)
  return source
}

function artifactsFor({ inline }: UnitOrder): ArtifactSource {
  return { create: async (ref, injected) => (await loading).create(ref, injected, inline) }
}
