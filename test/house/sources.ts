// Reads the checkout for the house tests: files, the comments and the code in them, what they import.
import { existsSync } from 'node:fs'
import { readdir, readFile } from 'node:fs/promises'
import { join, posix, sep } from 'node:path'
import { fileURLToPath } from 'node:url'

const ROOT = fileURLToPath(new URL('../..', import.meta.url))

export interface Source {
  /** From the checkout's folder, with `/`. */
  readonly path: string
  readonly text: string
}

/** Every file below the folder whose name ends so, in order of their paths; none when there is no such folder. */
export async function sourcesIn(folder: string, ending = '.ts'): Promise<Source[]> {
  if (!existsSync(join(ROOT, folder))) return []
  const names = await readdir(join(ROOT, folder), { recursive: true })
  const paths = names
    .map(name => posix.join(folder, name.replaceAll(sep, '/')))
    .filter(path => path.endsWith(ending) && !path.includes('node_modules/'))
  return await Promise.all(paths.toSorted().map(sourceAt))
}

export async function sourceAt(path: string): Promise<Source> {
  return { path, text: await readFile(join(ROOT, path), 'utf8') }
}

export function exists(path: string): boolean {
  return existsSync(join(ROOT, path))
}

/** The folders in src/, which are its rooms. */
export async function roomsIn(folder: string): Promise<string[]> {
  const entries = await readdir(join(ROOT, folder), { withFileTypes: true })
  return entries
    .filter(entry => entry.isDirectory())
    .map(entry => entry.name)
    .toSorted()
}

/**
 * The text without its comment lines: a rule about code must not be broken by a sentence about it. Line by line, since
 * folders like batch-jobs/*.xml stand in strings.
 */
export function codeOf({ text }: Source): string {
  return text
    .split('\n')
    .map(line => (/^\s*(\/\/|\*( |\/|$))/.test(line) ? '' : line.replace(/^\s*\/\*.*?(\*\/|$)/, '')))
    .join('\n')
}

const IMPORTED = [
  /\bfrom\s+(['"])(.+?)\1/g,
  /\bimport\s+(['"])(.+?)\1/g,
  /\b(?:import|require)\(\s*(['"])(.+?)\1/g,
  /\bnew URL\(\s*(['"`])(\..+?)\1\s*,\s*import\.meta\.url/g
]

/** What the file names as a module: packages as they are, files of ours as paths from the checkout's folder. */
export function importsOf(source: Source): string[] {
  const code = codeOf(source)
  return IMPORTED.flatMap(pattern => [...code.matchAll(pattern)].map(match => match[2]!)).map(name =>
    name.startsWith('.') ? posix.join(posix.dirname(source.path), name) : name
  )
}
