// Without this two databases that were given one log folder by mistake would each remove the other's logs as nobody's.
import { randomUUID } from 'node:crypto'
import fs from 'node:fs/promises'
import path from 'node:path'

const MARK = '.batchyard-repository'

/**
 * Marks the root of the job logs as this repository's, when nobody's mark is there. Says whether it is this one's; `false`
 * when another's stands, or when the folder does not exist (then there is nothing to own).
 */
export async function ownsLogFolder(root: string, repositoryId: string): Promise<boolean> {
  const mark = path.join(root, MARK)
  const found = await textOf(mark)
  if (found !== null) return found.trim() === repositoryId
  // Whole at once: of two servers that mark it at the same moment neither reads half a name.
  const mine = `${mark}.${randomUUID()}`
  try {
    await fs.writeFile(mine, `${repositoryId}\n`, { flag: 'wx' })
  } catch (error) {
    if (codeOf(error) === 'ENOENT') return false
    throw error
  }
  try {
    await fs.link(mine, mark)
  } catch (error) {
    if (codeOf(error) !== 'EEXIST') throw error
  } finally {
    await fs.rm(mine, { force: true })
  }
  return (await textOf(mark))?.trim() === repositoryId
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
