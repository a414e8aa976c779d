// A small file beside one that is being written: it keeps a second writer out, and tells a restart what to take back when the
// server was killed before its first checkpoint.
import { randomUUID } from 'node:crypto'
import { constants } from 'node:fs'
import { link, open, unlink } from 'node:fs/promises'
import { basename, dirname, join } from 'node:path'
import type { Injected } from '../../batch/artifacts.ts'

export interface WritingMark {
  /** Who writes: an instance's step, or one partition of it. One execution of an instance runs at a time. */
  readonly instanceId: number
  readonly stepName: string
  readonly partitionNumber: number | null
  /** Bytes the file had before; `null` = there was none. */
  readonly before: number | null
}

export function markPath(path: string): string {
  return join(dirname(path), `.${basename(path)}.writing`)
}

/**
 * Makes the mark, or finds the writer's own of a run that was killed (`made` false).
 * @throws Error naming the other writer
 */
export async function setMark(
  path: string,
  name: string,
  { jobContext, stepContext, partitionNumber }: Injected,
  before: number | null
): Promise<{ readonly mark: WritingMark; readonly made: boolean }> {
  const mine = { instanceId: jobContext.instanceId, stepName: stepContext.stepName, partitionNumber, before }
  if (await make(markPath(path), JSON.stringify(mine))) return { mark: mine, made: true }
  const found = await readMark(path)
  if (found === null) throw new Error(`${markPath(path)} is not what a writer leaves; remove it.`)
  const keys = ['instanceId', 'stepName', 'partitionNumber'] as const
  if (keys.every(key => found[key] === mine[key])) return { mark: found, made: false }
  const partition = found.partitionNumber === null ? '' : `, partition ${found.partitionNumber}`
  throw new Error(
    `${name} is being written by job instance ${found.instanceId}, step ${found.stepName}${partition}, or was when its server was killed. Let that instance end or restart it; if it is to be forgotten, remove ${markPath(path)}.`
  )
}

export async function removeMark(path: string): Promise<void> {
  await unlink(markPath(path)).catch((error: NodeJS.ErrnoException) => {
    if (error.code !== 'ENOENT') throw error
  })
}

async function readMark(path: string): Promise<WritingMark | null> {
  const file = await open(markPath(path), constants.O_RDONLY | constants.O_NOFOLLOW)
  try {
    return JSON.parse(await file.readFile('utf8')) as WritingMark
  } catch {
    // Not JSON: the caller tells what is in the way.
    return null
  } finally {
    await file.close()
  }
}

/** Whole or not at all, and never through a link that somebody put in its place; `false` when it is there. */
async function make(path: string, text: string): Promise<boolean> {
  const draft = `${path}.${randomUUID()}`
  const file = await open(draft, 'wx')
  try {
    await file.writeFile(text)
    await file.datasync()
    await link(draft, path)
    return true
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') return false
    throw error
  } finally {
    await file.close()
    await unlink(draft)
  }
}
