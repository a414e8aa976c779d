// Without this two databases that were given one log folder by mistake would each remove the other's logs as nobody's.
import { randomUUID } from 'node:crypto'
import fs from 'node:fs/promises'
import path from 'node:path'

/** Holds the name of the repository; whoever removes it gives the folder to the next that comes. */
export const MARK = '.batchyard-repository'

/**
 * Marks the root of the job logs as this repository's, when nobody's mark is there, and says whose it is. `missing`: there is
 * no such folder yet.
 */
export async function ownerOfLogFolder(
  root: string,
  repositoryId: string
): Promise<'this' | 'another' | 'missing'> {
  const mark = path.join(root, MARK)
  const found = await textOf(mark)
  if (found !== null) return found.trim() === repositoryId ? 'this' : 'another'
  // Whole at once: of two servers that mark it at the same moment neither reads half a name.
  const mine = `${mark}.${randomUUID()}`
  try {
    await fs.writeFile(mine, `${repositoryId}\n`, { flag: 'wx' })
  } catch (error) {
    if (codeOf(error) === 'ENOENT') return 'missing'
    throw error
  }
  try {
    await fs.link(mine, mark)
  } catch (error) {
    if (codeOf(error) !== 'EEXIST') throw error
  } finally {
    await fs.rm(mine, { force: true })
  }
  return (await textOf(mark))?.trim() === repositoryId ? 'this' : 'another'
}

async function textOf(file: string): Promise<string | null> {
  try {
    return await fs.readFile(file, 'utf8')
  } catch (error) {
    if (codeOf(error) === 'ENOENT') return null
    throw error
  }
}

function codeOf(error: unknown): unknown {
  return error instanceof Error && 'code' in error ? error.code : undefined
}
