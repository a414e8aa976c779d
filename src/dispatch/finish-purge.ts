// The second half of a purge, after its mark: log files, then rows (ENGINE E14). Whoever marked does it, an operator's request
// or the housekeeping that took over from a server that died.
import { deleteJobLogs } from '../joblog/delete-job-logs.ts'
import type { Database } from '../store/database.ts'
import { findLogPaths } from '../store/purge-logs.ts'
import { deletePurged, unmarkPurges } from '../store/purges.ts'

export interface PurgeSettings {
  readonly db: Database
  readonly jobLogRoot: string
  readonly incarnation: string
  /** Told the bytes of logs that are gone; `null` = nobody counts them. */
  readonly logsFreed: ((bytes: number) => void) | null
}

export type PurgeEnd =
  | { readonly kind: 'purged' }
  /** Unmarked again: rows and what is left of the logs stay. */
  | { readonly kind: 'logsRemain'; readonly error: Error }
  /** The log files are gone, the rows are not; unmarked again where that was possible. */
  | { readonly kind: 'rowsRemain'; readonly error: Error }

/** For instances that are marked by this incarnation; an end for each. */
export async function finishPurges(
  settings: PurgeSettings,
  instanceIds: readonly number[]
): Promise<Map<number, PurgeEnd>> {
  const paths = await findLogPaths(settings.db, instanceIds)
  const ends = new Map<number, PurgeEnd>()
  await Promise.all(
    instanceIds.map(async id => {
      const { jobLogRoot, logsFreed } = settings
      const [failure] = await deleteJobLogs(jobLogRoot, foldersOf(paths.get(id) ?? []), logsFreed)
      if (failure !== undefined) ends.set(id, { kind: 'logsRemain', error: failure.error })
    })
  )
  await unmark(settings, [...ends.keys()])
  const cleared = instanceIds.filter(id => !ends.has(id))
  for (const [id, end] of await deleteRows(settings, cleared)) ends.set(id, end)
  return ends
}

/** `job/day/instance.I` of `job/day/instance.I/execution.E/`: whatever an execution left beside its last folder goes too. */
function foldersOf(logPaths: readonly string[]): Set<string> {
  return new Set(logPaths.map(logPath => logPath.split('/').slice(0, 3).join('/')))
}

async function deleteRows(
  settings: PurgeSettings,
  instanceIds: readonly number[]
): Promise<Map<number, PurgeEnd>> {
  if (instanceIds.length === 0) return new Map()
  const { db, incarnation } = settings
  try {
    const gone = await deletePurged(db, { instanceIds, incarnation })
    return new Map(
      instanceIds.map((id): [number, PurgeEnd] => [
        id,
        gone.has(id)
          ? { kind: 'purged' }
          : { kind: 'rowsRemain', error: new Error('another server has taken this purge over') }
      ])
    )
  } catch (error) {
    if (instanceIds.length > 1) {
      // One with very many rows may be what ran into the time-out: the others need not wait for it.
      const ends = new Map<number, PurgeEnd>()
      for (const id of instanceIds) for (const [, end] of await deleteRows(settings, [id])) ends.set(id, end)
      return ends
    }
    await unmark(settings, instanceIds)
    return new Map([[instanceIds[0]!, { kind: 'rowsRemain', error: asError(error) }]])
  }
}

/** Where it fails too, the mark goes stale and housekeeping finishes the purge. */
async function unmark({ db, incarnation }: PurgeSettings, instanceIds: readonly number[]): Promise<void> {
  if (instanceIds.length === 0) return
  try {
    await unmarkPurges(db, { instanceIds, incarnation })
  } catch {
    // PostgreSQL is away; the error that led here is the one to be told.
  }
}

function asError(error: unknown): Error {
  return error instanceof Error ? error : new Error(String(error))
}
