// Tells one state of an application's code from another; without it threads would go on with code that was replaced.
import { createHash } from 'node:crypto'
import type { Stats } from 'node:fs'
import { readdir, readFile, realpath, stat } from 'node:fs/promises'
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
  const lines = (await codeFiles(application)).map(
    // ctime too: a copy that keeps the times of its source can have the old size and an old mtime.
    ([path, { size, mtimeMs, ctimeMs }]) => `${path}\0${size}\0${mtimeMs}\0${ctimeMs}`
  )
  return hashOf(lines)
}

/** A hash over path and content of the same files: copies of one state have one, on whichever server they lie. */
export async function contentVersion(application: Application): Promise<string> {
  const lines: string[] = []
  for (const [path] of await codeFiles(application)) {
    const bytes = await ignoringAbsence(readFile(join(application.directory, path)))
    if (bytes !== null) lines.push(`${path}\0${createHash('sha256').update(bytes).digest('hex')}`)
  }
  return hashOf(lines)
}

function hashOf(lines: readonly string[]): string {
  return createHash('sha256').update(lines.toSorted().join('\n')).digest('hex').slice(0, 32)
}

async function codeFiles(application: Application): Promise<[path: string, stats: Stats][]> {
  const files: [string, Stats][] = []
  await visit(application.directory, '', files, new Set())
  return files
}

async function visit(
  root: string,
  path: string,
  files: [string, Stats][],
  visited: Set<string>
): Promise<void> {
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
    if (found?.isDirectory()) await visit(root, below, files, visited)
    else if (found?.isFile() && looksLikeCode) files.push([below, found])
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
