// Without this a purge would leave files nobody can find again, or, given a wrong path, delete what is not a job log.
import fs from 'node:fs/promises'
import path from 'node:path'
import { bytesIn } from './job-log-spaces.ts'

export interface DeleteFailure {
  /** As it was given. */
  readonly relativePath: string
  readonly error: Error
}

const DAY = /^\d{4,}-\d{2}-\d{2}$/
const INSTANCE = /^instance\.(\d{1,16})$/
const EXECUTION = /^execution\.\d{1,16}$/

/**
 * Deletes folders of executions or instances, given relative to `root`, and then the folders above them that became empty.
 * One that is not there counts as deleted. Anything that is not `<job>/<day>/instance.I[/execution.E]`, or is reached
 * through a link, is refused. The answer names what could not be deleted (the rows of those must stay). `freed` is told the
 * bytes of each that is gone.
 */
export async function deleteJobLogs(
  root: string,
  paths: Iterable<string>,
  freed?: ((bytes: number) => void) | null
): Promise<readonly DeleteFailure[]> {
  const failures: DeleteFailure[] = []
  for (const relativePath of paths) {
    try {
      await deleteOne(root, relativePath, freed ?? null)
    } catch (error) {
      failures.push({ relativePath, error: error instanceof Error ? error : new Error(String(error)) })
    }
  }
  return failures
}

export interface OrphansRemoved {
  readonly removed: number
  /** The first hundred. */
  readonly failures: readonly DeleteFailure[]
}

/**
 * The janitor's walk: deletes the folders of instances for which `exists` says no. One folder is looked at at a time and
 * none is listed whole, so it may run beside anything; `signal` ends it after the present one. What does not look like a
 * job log stays, and so does what changed after `changedBefore`: it may belong to what is just being stored. `exists` must
 * be sure: when it throws, the walk ends with that error and nothing more is deleted.
 */
export async function removeOrphans(
  root: string,
  exists: (instanceId: number) => Promise<boolean>,
  { signal, changedBefore }: { readonly signal?: AbortSignal; readonly changedBefore?: Date } = {}
): Promise<OrphansRemoved> {
  const failures: DeleteFailure[] = []
  let removed = 0
  for await (const { relativePath, instanceId } of instanceFolders(root)) {
    if (signal?.aborted) break
    if (await exists(instanceId)) continue
    if (
      changedBefore !== undefined &&
      !(await wasChangedBefore(path.join(root, relativePath), changedBefore))
    )
      continue
    const failed = await deleteJobLogs(root, [relativePath])
    if (failed.length === 0) removed++
    else if (failures.length < 100) failures.push(...failed)
  }
  return { removed, failures }
}

async function deleteOne(
  root: string,
  relativePath: string,
  freed: ((bytes: number) => void) | null
): Promise<void> {
  const folders = checkedFolders(relativePath)
  let directory = await realRoot(root)
  if (directory === null) return
  const parents: string[] = []
  for (const folder of folders) {
    parents.push(directory)
    directory = path.join(directory, folder)
    const kind = await kindOf(directory)
    if (kind === 'link') throw new Error(`${relativePath} is not deleted: ${folder} is a link`)
    if (kind === 'missing') break
  }
  const bytes = freed === null ? 0 : await bytesIn(directory)
  // Removes links it finds further down, never what they point to.
  await fs.rm(directory, { recursive: true, force: true, maxRetries: 2 })
  freed?.(bytes)
  await prune(parents.slice(1))
}

function checkedFolders(relativePath: string): readonly string[] {
  const [job, day, instance, execution, ...more] = relativePath.replace(/\/$/, '').split('/')
  const isLog =
    job !== undefined &&
    !['', '.', '..'].includes(job) &&
    !/[\\\0]/.test(job) &&
    DAY.test(day ?? '') &&
    INSTANCE.test(instance ?? '') &&
    (execution === undefined || EXECUTION.test(execution)) &&
    more.length === 0
  if (!isLog) throw new Error(`${JSON.stringify(relativePath)} is not the folder of a job log`)
  return [job, day ?? '', instance ?? '', ...(execution === undefined ? [] : [execution])]
}

/** The root itself may be a link: where the logs lie is the administrator's choice. */
async function realRoot(root: string): Promise<string | null> {
  try {
    return await fs.realpath(root)
  } catch (error) {
    if (codeOf(error) === 'ENOENT') return null
    throw error
  }
}

async function kindOf(file: string): Promise<'link' | 'missing' | 'other'> {
  try {
    return (await fs.lstat(file)).isSymbolicLink() ? 'link' : 'other'
  } catch (error) {
    if (codeOf(error) === 'ENOENT') return 'missing'
    throw error
  }
}

/** From the innermost folder up to the first that is still needed. rmdir is the judge: it never takes a folder in use. */
async function prune(parents: readonly string[]): Promise<void> {
  for (const parent of parents.toReversed()) {
    try {
      await fs.rmdir(parent)
    } catch (error) {
      // An empty folder that stays (not empty after all, or not ours to delete) hurts nobody; the log itself is gone.
      if (codeOf(error) !== 'ENOENT') return
    }
  }
}

/** A folder changes when an execution of it begins its log; one that has gone meanwhile is nobody's to remove. */
async function wasChangedBefore(directory: string, time: Date): Promise<boolean> {
  try {
    return (await fs.stat(directory)).mtime < time
  } catch (error) {
    if (codeOf(error) === 'ENOENT') return false
    throw error
  }
}

async function* instanceFolders(root: string): AsyncGenerator<{ relativePath: string; instanceId: number }> {
  for await (const job of foldersIn(root)) {
    for await (const day of foldersIn(path.join(root, job))) {
      if (!DAY.test(day)) continue
      for await (const instance of foldersIn(path.join(root, job, day))) {
        const id = INSTANCE.exec(instance)?.[1]
        if (id !== undefined && Number.isSafeInteger(Number(id)))
          yield { relativePath: `${job}/${day}/${instance}`, instanceId: Number(id) }
      }
    }
  }
}

async function* foldersIn(directory: string): AsyncGenerator<string> {
  let opened
  try {
    opened = await fs.opendir(directory)
  } catch (error) {
    // Purged meanwhile, or the root was never made.
    if (codeOf(error) === 'ENOENT') return
    throw error
  }
  for await (const entry of opened) if (entry.isDirectory()) yield entry.name
}

function codeOf(error: unknown): unknown {
  return error instanceof Error && 'code' in error ? error.code : undefined
}
