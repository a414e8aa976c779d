// What an operation may reach: who creates a bulk job names buckets, paths and URLs, and is trusted with those of the allow-lists only.
import { stat } from 'node:fs/promises'
import { basename, isAbsolute, join } from 'node:path'
import type { BuiltInLimits } from '../../applications/built-in/built-in-limits.ts'
import type { BulkReach } from '../../batch/bulk-operation.ts'

export type ReachLimits = Pick<BuiltInLimits, 'checkFile' | 'checkURL' | 'inlineFolders'>

/**
 * A bucket is a folder below one of BATCH_INLINE_FOLDERS by its name, one of them by its own name, or an absolute path of a
 * folder in one of them.
 */
export function bulkReach(limits: ReachLimits): BulkReach {
  const folders = new Map<string, Promise<string>>()
  return {
    bucketFolder(bucket) {
      const known = folders.get(bucket)
      if (known !== undefined) return known
      const found = folderOf(limits, bucket)
      folders.set(bucket, found)
      // A folder that is made later is found then.
      found.catch(() => folders.delete(bucket))
      return found
    },
    file: path => limits.checkFile(path, true),
    url: url => limits.checkURL(url, true)
  }
}

async function folderOf(limits: ReachLimits, bucket: string): Promise<string> {
  const { inlineFolders } = limits
  const places = isAbsolute(bucket)
    ? [bucket]
    : [
        ...inlineFolders.map(folder => join(folder, bucket)),
        ...inlineFolders.filter(folder => basename(folder) === bucket)
      ]
  for (const place of places) {
    const found = await stat(place).catch(() => null)
    if (found?.isDirectory() === true) return await limits.checkFile(place, true)
  }
  const code = 'NoSuchBucket'
  throw Object.assign(
    new Error(
      `There is no bucket ${bucket}: buckets are folders in BATCH_INLINE_FOLDERS, which ${inlineFolders.length === 0 ? 'names none' : `are ${inlineFolders.join(', ')}`}.`
    ),
    { code }
  )
}
