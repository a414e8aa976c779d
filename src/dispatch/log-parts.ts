// Where the parts of job logs lie is indexed as they are opened; and while somebody listens, those that are complete are told as
// events, with their lines (ENGINE E17).
import { openLogPart } from '../joblog/open-log-part.ts'
import { createTicker } from '../service/ticker.ts'
import { eventsAreDemanded } from '../store/event-demand.ts'
import { appendEvents } from '../store/events.ts'
import { insertJobLogParts } from '../store/job-log-parts.ts'
import { findStepExecution } from '../store/step-executions.ts'
import type { ClaimedUnit } from '../store/units.ts'
import type { DispatchOptions } from './dispatch-options.ts'

/** How often it is looked whether anybody listens. */
const LOOK_MS = 2000
/** Within this time parts are indexed, so that other servers find them while the job runs; those of a shorter job at its end. */
const INDEX_MS = 250
/** Of a part: what is longer is cut, for an event is no file. */
const MOST_BYTES = 1024 * 1024

type Written = Pick<
  ClaimedUnit,
  | 'unitId'
  | 'executionId'
  | 'instanceId'
  | 'jobName'
  | 'stepExecutionId'
  | 'partitionNumber'
  | 'split'
  | 'flow'
>

export interface LogPartsToIndex {
  readonly serverId: string
  readonly paths: readonly string[]
}

export interface LogParts {
  /** From now on it is looked whether anybody listens. */
  start(): void
  /** Resolves when what was told so far is written. */
  stop(): Promise<void>
  /** The part before it is complete; `part` is relative to the root of the logs. */
  opened(unit: Written, part: string): void
  /** Parts of the unit that are not indexed yet: they may be stored with the unit's end. */
  unindexed(unit: Pick<Written, 'unitId'>): LogPartsToIndex
  /** They were. */
  indexed(unit: Pick<Written, 'unitId'>): void
  /** Records could not be written, for this reason; the server's own log is told once. */
  gap(unit: Written, reason: string): void
  /** The last part is complete. */
  ended(unit: Written): void
}

export function createLogParts({
  db,
  jobLog,
  log,
  logSpaces,
  server
}: Pick<DispatchOptions, 'db' | 'jobLog' | 'log' | 'logSpaces' | 'server'>): LogParts {
  let demanded = false
  /** Of each unit at work the part that is being written. */
  const current = new Map<number, string>()
  const writing = new Set<Promise<void>>()
  const unindexed = new Map<number, { readonly executionId: number; readonly paths: string[] }>()
  let indexing: NodeJS.Timeout | null = null
  const ticker = createTicker({
    everyMs: LOOK_MS,
    async round() {
      demanded = await eventsAreDemanded(db)
    },
    onError: error => log.warn({ err: error }, 'it could not be seen whether somebody listens to events')
  })

  async function tell(unit: Written, part: string, finalLog: boolean): Promise<void> {
    const { executionId, instanceId, stepExecutionId } = unit
    const step = stepExecutionId === null ? null : await findStepExecution(db, stepExecutionId)
    await appendEvents(db, [
      {
        kind: 'jobs/execution/jobLogPart',
        instanceId,
        body: {
          execution_id: executionId,
          job_name: unit.jobName,
          part_number: Number(/part\.(\d+)\.log$/.exec(part)?.[1] ?? 1),
          final_log: finalLog,
          partition_number: unit.partitionNumber,
          step_name: step?.stepName ?? null,
          split: unit.split,
          flow: unit.flow,
          contents: await linesOf(jobLog.jobLogRoot, part)
        }
      }
    ])
  }

  function complete(unit: Written, final: boolean): void {
    const part = current.get(unit.unitId)
    if (part === undefined || !demanded) return
    write(tell(unit, part, final), unit, part, 'a part of a job log could not be told')
  }

  function write(
    work: Promise<void>,
    { executionId }: Pick<Written, 'executionId'>,
    part: string,
    trouble: string
  ): void {
    const written = work
      .catch((error: unknown) => log.warn({ err: error, executionId, part }, trouble))
      .finally(() => writing.delete(written))
    writing.add(written)
  }

  function indexAll(): void {
    if (indexing !== null) clearTimeout(indexing)
    indexing = null
    const parts = [...unindexed.values()].flatMap(({ executionId, paths }) =>
      paths.map(path => ({ executionId, path, serverId: server.serverId }))
    )
    unindexed.clear()
    if (parts.length > 0)
      write(insertJobLogParts(db, parts), parts[0]!, parts[0]!.path, 'job log parts could not be indexed')
  }

  return {
    start: () => ticker.start(),
    async stop() {
      await ticker.stop()
      indexAll()
      await Promise.all(writing)
    },
    opened(unit, part) {
      const known = unindexed.get(unit.unitId)
      if (known === undefined) unindexed.set(unit.unitId, { executionId: unit.executionId, paths: [part] })
      else known.paths.push(part)
      indexing ??= setTimeout(indexAll, INDEX_MS)
      complete(unit, false)
      current.set(unit.unitId, part)
    },
    unindexed: ({ unitId }) => ({ serverId: server.serverId, paths: unindexed.get(unitId)?.paths ?? [] }),
    indexed: ({ unitId }) => void unindexed.delete(unitId),
    gap({ unitId, executionId }, reason) {
      if (logSpaces.isNews(executionId, reason))
        log.warn({ unitId, executionId, reason }, 'a job log has a gap; its job goes on')
    },
    ended(unit) {
      complete(unit, true)
      current.delete(unit.unitId)
    }
  }
}

async function linesOf(root: string, part: string): Promise<string[]> {
  const { chunks, close } = await openLogPart(root, part)
  const read: Uint8Array[] = []
  let bytes = 0
  try {
    for await (const chunk of chunks()) {
      read.push(chunk)
      bytes += chunk.length
      if (bytes >= MOST_BYTES) break
    }
  } finally {
    await close()
  }
  const lines = Buffer.concat(read).toString('utf8').replaceAll('\u0000', '').split('\n')
  if (bytes >= MOST_BYTES)
    return [...lines.slice(0, -1), `… the part goes on: an event has at most ${MOST_BYTES} bytes`]
  if (lines.at(-1) === '') lines.pop()
  return lines
}
