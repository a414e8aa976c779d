// Where the parts of job logs lie is indexed as they are opened; and while somebody listens, those that are complete are told as
// events, with their lines (ENGINE E17).
import { open } from 'node:fs/promises'
import path from 'node:path'
import { createTicker, type Ticker } from '../service/ticker.ts'
import { eventsAreDemanded } from '../store/event-demand.ts'
import { appendEvents } from '../store/events.ts'
import { insertJobLogParts } from '../store/job-log-parts.ts'
import type { ClaimedUnit } from '../store/units.ts'
import type { DispatchOptions } from './dispatch-options.ts'

/** How often it is looked whether anybody listens. */
const LOOK_MS = 2000
/** Of a part: what is longer is cut, for an event is no file. */
const MOST_BYTES = 1024 * 1024

type Written = Pick<
  ClaimedUnit,
  'unitId' | 'executionId' | 'instanceId' | 'jobName' | 'partitionNumber' | 'split' | 'flow'
>

export interface LogParts {
  /** Whether anybody listens is looked up while this runs. */
  readonly ticker: Ticker
  /** The part before it is complete; `part` is relative to the root of the logs. */
  opened(unit: Written, part: string): void
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
  const ticker = createTicker({
    everyMs: LOOK_MS,
    async round() {
      demanded = await eventsAreDemanded(db)
    },
    onError: error => log.warn({ err: error }, 'it could not be seen whether somebody listens to events')
  })

  async function tell(unit: Written, part: string, finalLog: boolean): Promise<void> {
    const { executionId, instanceId, jobName: appName, partitionNumber, split, flow } = unit
    const step = /(?:^|\/)step\.([^/]+)\//.exec(part)?.[1]
    await appendEvents(db, [
      {
        kind: 'jobs/execution/jobLogPart',
        instanceId,
        body: {
          execution_id: executionId,
          executionId,
          instanceId,
          appName,
          partNumber: Number(/part\.(\d+)\.log$/.exec(part)?.[1] ?? 1),
          finalLog,
          ...(partitionNumber === null ? {} : { partitionNumber, stepName: step ?? '' }),
          ...(split === null ? {} : { splitName: split, flowName: flow }),
          contents: await linesOf(path.join(jobLog.jobLogRoot, part))
        }
      }
    ])
  }

  function complete(unit: Written, final: boolean): void {
    const part = current.get(unit.unitId)
    if (part === undefined || !demanded) return
    tell(unit, part, final).catch((error: unknown) =>
      log.warn({ err: error, executionId: unit.executionId, part }, 'a part of a job log could not be told')
    )
  }

  return {
    ticker,
    opened(unit, part) {
      const { executionId } = unit
      insertJobLogParts(db, [{ executionId, path: part, serverId: server.serverId }]).catch(
        (error: unknown) => log.warn({ err: error, executionId, part }, 'a job log part could not be indexed')
      )
      complete(unit, false)
      current.set(unit.unitId, part)
    },
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

async function linesOf(file: string): Promise<string[]> {
  await using handle = await open(file)
  const { size } = await handle.stat()
  const { buffer, bytesRead } = await handle.read(Buffer.alloc(Math.min(size, MOST_BYTES)))
  const lines = buffer.toString('utf8', 0, bytesRead).replaceAll('\u0000', '').split('\n')
  if (lines.at(-1) === '') lines.pop()
  return size > MOST_BYTES ? [...lines, `… cut: the part has ${size} bytes`] : lines
}
