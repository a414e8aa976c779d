// Where a manifest comes from: sent here before, a file, or a URL, the latter two inside of the allow-lists only.
import { createHash } from 'node:crypto'
import { createReadStream } from 'node:fs'
import { isAbsolute } from 'node:path'
import type { ManifestLocation } from '../batch/bulk-job.ts'
import type { Database } from '../store/database.ts'
import { readManifest } from '../store/bulk-manifests.ts'
import { bucketFolderOf, bucketListing } from './bucket-listing.ts'
import { ManifestRefused } from './read-manifest.ts'

/**
 * What sources outside of the database are allowed: BATCH_INLINE_FOLDERS and BATCH_INLINE_URLS. Who creates a bulk job is
 * trusted with no more than who sends a JSL inline.
 */
export interface ManifestLimits {
  readonly inlineFolders: readonly string[]
  /** The path with every link followed: open this one. @throws Error naming the setting */
  checkFile(path: string, inline: true): Promise<string>
  /** @throws Error naming the setting */
  checkURL(url: string, inline: true): URL
}

/** Throws an Error that says why this place may not be read. */
export async function checkLocation(limits: ManifestLimits, location: ManifestLocation): Promise<void> {
  if ('path' in location) {
    if (!isAbsolute(location.path)) throw new Error('The path must be an absolute one.')
    await limits.checkFile(location.path, true)
  } else if ('url' in location) limits.checkURL(location.url, true)
  else if ('objects' in location) await bucketFolderOf(limits, location.objects)
}

export interface ManifestBytes {
  readonly bytes: AsyncIterable<Uint8Array>
  /** After the last byte: MD5 as hex, and the etag that a web server gave, or null. */
  readonly etags: () => readonly (string | null)[]
}

export interface ManifestOrigin {
  readonly db: Database
  readonly limits: ManifestLimits
}

/** Errors of file system and network come as ManifestRefused, from the bytes too. */
export async function openManifest(
  source: ManifestOrigin,
  location: ManifestLocation,
  signal: AbortSignal
): Promise<ManifestBytes> {
  const hash = createHash('md5')
  const { stream, etag } = await unavailable(() => open(source, location, signal))
  async function* hashed(): AsyncGenerator<Uint8Array, void> {
    try {
      for await (const bytes of stream) {
        signal.throwIfAborted()
        hash.update(bytes)
        yield bytes
      }
    } catch (error) {
      if (signal.aborted) throw error
      throw refused(error)
    }
  }
  return { bytes: hashed(), etags: () => [hash.digest('hex'), etag] }
}

interface Opened {
  readonly stream: AsyncIterable<Uint8Array>
  readonly etag: string | null
}

async function open(
  { db, limits }: ManifestOrigin,
  location: ManifestLocation,
  signal: AbortSignal
): Promise<Opened> {
  if ('manifestId' in location) return { stream: readManifest(db, location.manifestId), etag: null }
  if ('path' in location)
    return { stream: createReadStream(await limits.checkFile(location.path, true), { signal }), etag: null }
  if ('url' in location) return await download(limits, location.url, signal)
  const folder = await bucketFolderOf(limits, location.objects)
  return { stream: bucketListing(folder, location.objects, signal), etag: null }
}

const MOST_REDIRECTS = 10

async function download(limits: ManifestLimits, from: string, signal: AbortSignal): Promise<Opened> {
  let url = limits.checkURL(from, true)
  for (let redirects = 0; redirects <= MOST_REDIRECTS; redirects++) {
    const response = await fetch(url, { redirect: 'manual', signal })
    const location = response.headers.get('location')
    if (response.ok && response.body !== null)
      return { stream: response.body, etag: response.headers.get('etag') }
    await response.body?.cancel()
    if (response.status < 300 || response.status > 399 || location === null || !URL.canParse(location, url))
      throw new Error(`its server answered ${response.status}`)
    // A redirect is another address: it is asked for like the first.
    url = limits.checkURL(new URL(location, url).href, true)
  }
  throw new Error('its server redirects too often')
}

async function unavailable<T>(work: () => Promise<T>): Promise<T> {
  try {
    return await work()
  } catch (error) {
    throw refused(error)
  }
}

function refused(error: unknown): ManifestRefused {
  if (error instanceof ManifestRefused) return error
  const { message, cause } = error as Error
  const why = cause instanceof Error ? `${message} (${cause.message})` : message
  return new ManifestRefused('ManifestUnavailable', `The manifest cannot be read: ${why}`)
}

/** Quotes and the mark of a weak one do not count. */
export function sameEtag(given: string, found: string | null): boolean {
  const bare = (etag: string) => etag.replace(/^W\//, '').replaceAll('"', '')
  return found !== null && bare(given).toLowerCase() === bare(found).toLowerCase()
}
