// Without this file root would run programs and keep data in directories that another user of a shared /tmp had prepared for it.
import { chmod, lstat, mkdir, realpath } from 'node:fs/promises'
import { dirname } from 'node:path'

/**
 * Makes a directory (one level) that everyone may enter and only this user may write, or checks that an existing one is such.
 * Returns its real path, or null when it cannot be made or cannot be trusted: a link, somebody else's, writable for others,
 * or below a directory in which others could replace it.
 */
export async function makeSafeDirectory(path: string): Promise<string | null> {
  try {
    await mkdir(path, 0o755)
    // The umask may have taken away what the database's user needs to get in.
    await chmod(path, 0o755)
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') return null
  }
  return (await isSafeDirectory(path)) ? await realpath(path) : null
}

/** True for a directory of this user which nobody else but root can write, replace, or lead elsewhere. */
export async function isSafeDirectory(path: string): Promise<boolean> {
  const self = process.geteuid?.()
  const own = await lstat(path)
  if (!own.isDirectory() || own.uid !== self || (own.mode & 0o022) !== 0) return false
  for (let parent = dirname(await realpath(path)); ; parent = dirname(parent)) {
    const { uid, mode } = await lstat(parent)
    const closed = (mode & 0o022) === 0 || (mode & 0o1000) !== 0
    if (!closed || (uid !== 0 && uid !== self)) return false
    if (parent === dirname(parent)) return true
  }
}
