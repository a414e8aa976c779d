// A job log whose parts lie with several servers, put together here: without this a reader would have to know which server ran
// which partition.
import { Readable } from 'node:stream'
import { BatchError } from '../batch/batch-error.ts'
import { findPart } from '../joblog/job-log-path.ts'
import { type JobLogEntry, logEntries, streamText } from '../joblog/job-log-reader.ts'
import type { OpenPart } from '../joblog/open-log-part.ts'
import { inReadingOrder } from '../joblog/list-parts.ts'
import { streamZip } from '../joblog/stream-zip.ts'
import { systemClock } from '../service/clock.ts'
import type { AskingServer, RemotePart } from '../store/job-servers.ts'
import type { Database } from '../store/database.ts'
import { type AskServers, otherServer } from './other-servers.ts'

export interface LogOptions extends AskingServer {
  readonly db: Database
  readonly jobLogRoot: string
}

export interface LogOfExecution {
  readonly executionId: number
  /** Relative to the root of the job logs. */
  readonly logPath: string
  /** Parts to be seen from here, relative to the execution's folder. */
  readonly here: readonly string[]
  /** The others, by their names relative to the execution's folder. */
  readonly missing: ReadonlyMap<string, RemotePart>
}

export interface ScatteredLogRequest {
  readonly target: { readonly kind: 'instance' | 'execution'; readonly id: number }
  /** One part, in the client's words; of executions only. `null` = all. */
  readonly part: string | null
  readonly others: AskServers
}

/** Those of a log that are not among `here`, by name. */
export function missingParts(
  logPath: string,
  here: readonly string[],
  remote: readonly RemotePart[]
): ReadonlyMap<string, RemotePart> {
  const folder = `${logPath.replace(/\/+$/, '')}/`
  const seen = new Set(here)
  return new Map(
    remote.flatMap(part => {
      const name = part.path.startsWith(folder) ? part.path.slice(folder.length) : ''
      return name === '' || seen.has(name) ? [] : [[name, part] as const]
    })
  )
}

/** In reading order. */
export function allParts({ here, missing }: LogOfExecution): readonly string[] {
  return [...here, ...missing.keys()].sort(inReadingOrder)
}

/** `logs`: of the target, newest execution first. */
export async function scatteredLog(
  { jobLogRoot }: LogOptions,
  logs: readonly LogOfExecution[],
  request: ScatteredLogRequest,
  form: 'text' | 'zip'
): Promise<Readable> {
  const entries =
    request.part === null ? await allEntries(logs, request) : [await onlyEntry(logs, request.part, request)]
  return form === 'text'
    ? streamText(jobLogRoot, entries, { frame: request.part === null })
    : streamZip(jobLogRoot, entries)
}

async function allEntries(
  logs: readonly LogOfExecution[],
  { target, others }: ScatteredLogRequest
): Promise<JobLogEntry[]> {
  const missing = logs.flatMap(log => [...log.missing.values()])
  if (missing.length > 0 && logs.every(({ here }) => here.length === 0)) await someServer(missing, others)
  return logs.flatMap(log => {
    const names = allParts(log)
    return logEntries(log.logPath, names, target.kind).map((entry, at) => {
      const part = log.missing.get(names[at]!)
      return part === undefined ? entry : { ...entry, open: () => openOrSay(part, names[at]!, others) }
    })
  })
}

async function onlyEntry(
  logs: readonly LogOfExecution[],
  asked: string,
  { target, others }: ScatteredLogRequest
): Promise<JobLogEntry> {
  const [log] = logs
  const name = log === undefined ? null : findPart(allParts(log), asked)
  if (log === undefined || name === null) throw new BatchError('NoSuchJobLogPart', [target.id, asked])
  const [entry] = logEntries(log.logPath, [name], target.kind)
  const part = log.missing.get(name)
  if (part === undefined) return entry!
  if (part.address === null) throw elsewhere(part)
  const stream = await others.openPart(otherServer(part.serverId, part.address), part.executionId, name)
  if (stream === null) throw new BatchError('NoSuchJobLogPart', [target.id, asked])
  return { ...entry!, open: async () => opened(stream) }
}

/** Resolves when one of the servers answers: an empty log would be taken for the whole one. */
async function someServer(missing: readonly RemotePart[], others: AskServers): Promise<void> {
  let refusal: unknown = elsewhere(missing[0]!)
  for (const { serverId, address, executionId } of new Map(
    missing.map(part => [part.serverId, part])
  ).values()) {
    if (address === null) continue
    try {
      return await others.checkLog(otherServer(serverId, address), executionId)
    } catch (error) {
      refusal = error
    }
  }
  throw refusal
}

/** What cannot be had is said in its place: the other parts are worth reading without it. */
async function openOrSay(part: RemotePart, name: string, others: AskServers) {
  try {
    if (part.address === null) throw elsewhere(part)
    const stream = await others.openPart(otherServer(part.serverId, part.address), part.executionId, name)
    return stream === null ? null : opened(stream)
  } catch (error) {
    if (!(error instanceof BatchError)) throw error
    return opened(Readable.from([Buffer.from(`${error.message}\n`)], { objectMode: false }))
  }
}

function opened(stream: Readable): OpenPart {
  return {
    modified: new Date(systemClock.now()),
    chunks: async function* (head = new Uint8Array()) {
      if (head.length > 0) yield head
      yield* stream as AsyncIterable<Uint8Array>
    },
    async close() {
      stream.destroy()
    }
  }
}

function elsewhere({ executionId, serverId }: RemotePart): BatchError {
  return new BatchError('JobLogsElsewhere', [executionId, serverId])
}
