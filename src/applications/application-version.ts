// Tells one state of an application's code from another; without it threads would go on with code that was replaced.
import { createHash } from 'node:crypto'
import { readdir, realpath, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { type Application, isAbsence } from './application.ts'

/** What code consists of. Data and reports that an application writes beside its code must not replace its threads. */
const CODE = /\.(?:[cm]?[jt]s|json|node|wasm)$|^batch\.xml$/

/** JSL is read at each submit; packages change together with package-lock.json. */
const LEFT_OUT = new Set(['node_modules', 'batch-jobs'])

/**
 * A hash over path, size and times of the application's code files: one `stat` a file, no reading.
 * Code outside the application's folder, and in node_modules, is not seen.
 */
export async function applicationVersion(application: Application): Promise<string> {
  const lines: string[] = []
  await visit(application.directory, '', lines, new Set())
  return createHash('sha256').update(lines.toSorted().join('\n')).digest('hex').slice(0, 32)
}

async function visit(root: string, path: string, lines: string[], visited: Set<string>): Promise<void> {
  const directory = join(root, path)
  const real = await ignoringAbsence(realpath(directory))
  // A link may lead back up.
  if (real === null || visited.has(real)) return
  visited.add(real)
  const entries = (await ignoringAbsence(readdir(directory, { withFileTypes: true }))) ?? []
  for (const entry of entries) {
    if (entry.name.startsWith('.') || LEFT_OUT.has(entry.name)) continue
    const below = join(path, entry.name)
    const looksLikeCode = CODE.test(entry.name)
    if (entry.isFile() && !looksLikeCode) continue
    const found = await ignoringAbsence(stat(join(root, below)))
    if (found?.isDirectory()) await visit(root, below, lines, visited)
    // ctime too: a copy that keeps the times of its source can have the old size and an old mtime.
    else if (found?.isFile() && looksLikeCode)
      lines.push(`${below}\0${found.size}\0${found.mtimeMs}\0${found.ctimeMs}`)
  }
}

/** Files may go while we look: an installation is under way, and the next look sees its end. */
async function ignoringAbsence<T>(found: Promise<T>): Promise<T | null> {
  try {
    return await found
  } catch (error) {
    if (isAbsence(error)) return null
    throw error
  }
}
