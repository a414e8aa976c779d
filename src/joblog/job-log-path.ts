// Without this no two rooms would agree where an execution's log lies, and a client could name files that are not its parts.
import { folderName } from './folder-name.ts'

/** Three plain names of 256 characters and what stands between them; beyond, no part can be meant. */
const LONGEST_ASKED = 1024

/** A split's flow or a partition of a step: each writes a log of its own below its execution's. */
export interface SubJob {
  /** The innermost split and flow the unit runs in; element ids are unique in a job, so outer ones are not needed. */
  readonly flow?: { readonly split: string; readonly flow: string } | undefined
  readonly partition?: { readonly step: string; readonly number: number } | undefined
}

export interface ExecutionLogOwner {
  readonly jobName: string
  readonly instanceId: number
  readonly executionId: number
  /** When the log is created; its day in `zone` names a folder, so a restart may lie under another date. */
  readonly created: Date
  /** IANA name of the server's zone. */
  readonly zone: string
}

/** `<jobName>/<yyyy-MM-dd>/instance.I/execution.E`, relative to the root of the job logs, always with `/`. */
export function executionLogPath(owner: ExecutionLogOwner): string {
  const { jobName, instanceId, executionId, created, zone } = owner
  return `${folderName(jobName)}/${dayIn(created, zone)}/instance.${digits(instanceId)}/execution.${digits(executionId)}`
}

/**
 * The folder of a sub-job below its execution's, '' for the execution itself: `split.S/flow.F`, `step.X/partition.N`, or
 * both for a partition inside a flow (Liberty puts the latter beside the flows, as `X/N`).
 */
export function subJobPath(subJob: SubJob): string {
  const { flow, partition } = subJob
  const folders: string[] = []
  if (flow) folders.push(`split.${folderName(flow.split)}`, `flow.${folderName(flow.flow)}`)
  if (partition) folders.push(`step.${folderName(partition.step)}`, `partition.${digits(partition.number)}`)
  return folders.join('/')
}

/**
 * The member of `listing` (paths as `listParts` gives them) that a client means by `asked`, or null. Understood are our
 * paths with names encoded or plain, Liberty's own (`<step>/<n>/part.k.log`, `<split>/<flow>/part.k.log`), and
 * backslashes. The answer is always a string out of the listing: what the client wrote never becomes part of a path.
 */
export function findPart(listing: readonly string[], asked: string): string | null {
  if (asked.length > LONGEST_ASKED) return null
  if (listing.includes(asked)) return asked
  const path = asked.replaceAll('\\', '/')
  for (const spelling of spellings(path)) if (listing.includes(spelling)) return spelling
  const partition = partitionOf(path)
  // Liberty has no flow in a partition's path; step ids are unique in a job, so the end of ours decides.
  return partition === null ? null : (listing.find(member => member.endsWith(`/${partition}`)) ?? null)
}

function* spellings(path: string): Generator<string> {
  yield path
  const ours =
    /^(?:split\.([^/]+)\/flow\.([^/]+)\/)?(?:step\.([^/]+)\/partition\.(\d{1,9})\/)?(part\.\d+\.log)$/u.exec(
      path
    )
  if (ours) yield joined(ours[1], ours[2], ours[3], ours[4], ours[5])
  const partition = partitionOf(path)
  if (partition !== null) yield partition
  const flow = /^([^/]+)\/([^/]+)\/(part\.\d+\.log)$/u.exec(path)
  if (flow) yield joined(flow[1], flow[2], undefined, undefined, flow[3])
}

function partitionOf(path: string): string | null {
  const found = /^(.+)\/(\d{1,9})\/(part\.\d+\.log)$/su.exec(path)
  return found ? joined(undefined, undefined, found[1], found[2], found[3]) : null
}

function joined(split?: string, flow?: string, step?: string, number?: string, part?: string): string {
  const folder = subJobPath({
    flow: split !== undefined && flow !== undefined ? { split, flow } : undefined,
    partition: step !== undefined && number !== undefined ? { step, number: Number(number) } : undefined
  })
  return folder === '' ? `${part}` : `${folder}/${part}`
}

const dayFormats = new Map<string, Intl.DateTimeFormat>()

function dayFormat(zone: string): Intl.DateTimeFormat {
  let format = dayFormats.get(zone)
  if (format === undefined) {
    format = new Intl.DateTimeFormat('en-US', {
      timeZone: zone,
      calendar: 'gregory',
      numberingSystem: 'latn',
      year: 'numeric',
      month: '2-digit',
      day: '2-digit'
    })
    dayFormats.set(zone, format)
  }
  return format
}

function dayIn(created: Date, zone: string): string {
  const part = new Map(
    dayFormat(zone)
      .formatToParts(created)
      .map(({ type, value }) => [type, value])
  )
  return `${part.get('year')?.padStart(4, '0')}-${part.get('month')}-${part.get('day')}`
}

/** Ids and partition numbers come from our own sequences; anything but digits here is a fault of the caller. */
function digits(id: number): string {
  if (!Number.isSafeInteger(id) || id < 0) throw new RangeError(`not an id: ${id}`)
  return String(id)
}
