// A manifest that nobody wrote: the objects of a bucket, which is a folder, as they are when the bulk job is prepared.
import { opendir, stat } from 'node:fs/promises'
import path from 'node:path'
import type { ObjectFilter, ObjectSearch } from '../batch/bulk-job.ts'
import { bulkReach, type ReachLimits } from './artifacts/bulk-reach.ts'

/** Rejects where there is no such bucket within the allow-list. */
export async function bucketFolderOf(limits: ReachLimits, { bucket }: ObjectSearch): Promise<string> {
  return await bulkReach(limits).bucketFolder(bucket)
}

/** Rows `Bucket,Key` for those that the filter lets through; links are none, wherever they lead. */
export async function* bucketListing(
  folder: string,
  { bucket, filter = {} }: ObjectSearch,
  signal: AbortSignal
): AsyncGenerator<Buffer, void> {
  const quoted = `"${bucket.replaceAll('"', '""')}"`
  for await (const key of keysBelow(folder, '', signal))
    if (isNamed(key, filter) && (await isWanted(path.join(folder, key), filter)))
      yield Buffer.from(`${quoted},${key.split('/').map(encodeURIComponent).join('/')}\n`)
}

async function* keysBelow(folder: string, prefix: string, signal: AbortSignal): AsyncGenerator<string, void> {
  signal.throwIfAborted()
  for await (const entry of await opendir(path.join(folder, prefix))) {
    const key = prefix + entry.name
    if (entry.isDirectory()) yield* keysBelow(folder, `${key}/`, signal)
    else if (entry.isFile()) yield key
  }
}

function isNamed(key: string, { keyNameConstraint: names = {} }: ObjectFilter): boolean {
  const { matchAnyPrefix, matchAnySuffix, matchAnySubstring } = names
  return (
    (matchAnyPrefix?.some(text => key.startsWith(text)) ?? true) &&
    (matchAnySuffix?.some(text => key.endsWith(text)) ?? true) &&
    (matchAnySubstring?.some(text => key.includes(text)) ?? true)
  )
}

async function isWanted(file: string, filter: ObjectFilter): Promise<boolean> {
  const { createdAfter, createdBefore, objectSizeGreaterThanBytes, objectSizeLessThanBytes } = filter
  if ([createdAfter, createdBefore, objectSizeGreaterThanBytes, objectSizeLessThanBytes].every(isAbsent))
    return true
  const found = await stat(file).catch(() => null)
  // It has gone meanwhile.
  if (found === null) return false
  return (
    (isAbsent(createdAfter) || found.mtimeMs > Date.parse(createdAfter)) &&
    (isAbsent(createdBefore) || found.mtimeMs < Date.parse(createdBefore)) &&
    (isAbsent(objectSizeGreaterThanBytes) || found.size > objectSizeGreaterThanBytes) &&
    (isAbsent(objectSizeLessThanBytes) || found.size < objectSizeLessThanBytes)
  )
}

function isAbsent(value: unknown): value is undefined {
  return value === undefined
}
