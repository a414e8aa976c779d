// Follows every link of a path, also of one that does not exist yet; without it a link would lead a writer out of the folders it is allowed.
import { lstat, readlink, realpath } from 'node:fs/promises'
import { basename, dirname, isAbsolute, join, relative, resolve, sep } from 'node:path'
import { isAbsence } from '../application.ts'

/** As the kernel's own limit. */
const MOST_LINKS = 40

/**
 * The path that opening or creating `path` (absolute) comes to. A link whose target does not exist is followed too: opened
 * for writing, it would create the target.
 * @throws Error for links in a circle
 */
export async function realPathOf(path: string, links = 0): Promise<string> {
  if (links > MOST_LINKS) throw new Error(`${path} leads through too many links.`)
  try {
    return await realpath(path)
  } catch (error) {
    if (!isAbsence(error)) throw error
  }
  const target = await linkTarget(path)
  const folder = dirname(path)
  if (target !== null)
    return await realPathOf(resolve(await realPathOf(folder, links + 1), target), links + 1)
  return folder === path ? path : join(await realPathOf(folder, links), basename(path))
}

async function linkTarget(path: string): Promise<string | null> {
  try {
    return (await lstat(path)).isSymbolicLink() ? await readlink(path) : null
  } catch (error) {
    if (isAbsence(error)) return null
    throw error
  }
}

/** Both real paths; the folder counts as below itself. */
export function isBelow(path: string, folder: string): boolean {
  const way = relative(folder, path)
  return way !== '..' && !way.startsWith(`..${sep}`) && !isAbsolute(way)
}
