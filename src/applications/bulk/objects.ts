// Objects of buckets that are folders: a key is a path in its bucket's folder, and never leads out of it.
import { copyFile, mkdir, rename, rm, stat, unlink } from 'node:fs/promises'
import { basename, dirname, join, resolve, sep } from 'node:path'
import type { BulkOperation, BulkOutcome, BulkTask } from '../../batch/bulk-operation.ts'
import { failed, fileFailure } from './failure.ts'

interface Found {
  /** The file, links followed, also of an object that is not there. */
  readonly file: string
  /** What has its name in the bucket: the file, or a link to it. */
  readonly entry: string
}

/** The file that an object is; or why there can be none. */
async function fileOf(
  { reach }: BulkTask,
  bucket: string,
  key: string
): Promise<Found | { readonly refused: BulkOutcome }> {
  const folder = await reach.bucketFolder(bucket)
  const wanted = resolve(folder, `.${sep}${key}`)
  const inside = (file: string) => file.startsWith(folder.endsWith(sep) ? folder : folder + sep)
  if (!inside(wanted))
    return { refused: failed('InvalidKey', 400, `The key ${key} leads out of its bucket.`) }
  // A link in the bucket may lead out of it too.
  const file = await reach.file(wanted)
  if (!inside(file))
    return { refused: failed('AccessDenied', 403, `The key ${key} leads out of its bucket.`) }
  return { file, entry: join(await reach.file(dirname(wanted)), basename(wanted)) }
}

function operation(work: (task: BulkTask, source: Found) => Promise<string | BulkOutcome>): BulkOperation {
  return {
    async execute(task) {
      if (task.versionId !== null)
        return failed('NoSuchVersion', 404, 'Folders have no versions of their objects.')
      try {
        const source = await fileOf(task, task.bucket, task.key)
        return 'refused' in source ? source.refused : await work(task, source)
      } catch (error) {
        return fileFailure(error)
      }
    }
  }
}

/** Is it there? The message is its size in bytes. */
export const headObject = operation(async (_task, { file }) => {
  const found = await stat(file)
  return found.isFile() ? String(found.size) : failed('NoSuchKey', 404, 'It is a folder.')
})

/**
 * As S3 has it, one that is not there is deleted already: so it is when a server died just after it. Of a link the link goes: what
 * it leads to is another object.
 */
export const deleteObject = operation(async (_task, { entry }) => {
  try {
    await unlink(entry)
    return 'deleted'
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return 'it was not there'
    throw error
  }
})

/**
 * Properties: `targetBucket`, `targetPrefix` ('' when absent), which is put before the key. The copy is there as a whole or not
 * at all, in place of one that was there.
 */
export const copyObject = operation(async (task, { file }) => {
  const { targetBucket, targetPrefix = '' } = task.properties
  if (targetBucket === undefined)
    return failed('InvalidArgument', 400, 'The property targetBucket is missing.')
  const target = await fileOf(task, targetBucket, `${targetPrefix}${task.key}`)
  if ('refused' in target) return target.refused
  if (target.file === file) return failed('InvalidRequest', 400, 'The object would be copied to itself.')
  if (!(await stat(file)).isFile()) return failed('NoSuchKey', 404, 'It is a folder.')
  await mkdir(dirname(target.file), { recursive: true })
  // Other bulk jobs may copy into this folder meanwhile; the same task, done again after a crash, finds what it left.
  const part = join(dirname(target.file), `.${task.jobId}.${task.row}.part`)
  try {
    await copyFile(file, part)
    await rename(part, target.file)
  } catch (error) {
    await rm(part, { force: true })
    throw error
  }
  return `copied to ${targetBucket}`
})
