// Finds and loads the module that exports an application's artifacts; without it a `ref` would name nothing.
import { readFile, stat } from 'node:fs/promises'
import { basename, join, relative, resolve, sep } from 'node:path'
import { pathToFileURL } from 'node:url'

/** Looked for in this order, before package.json. */
export const MODULE_FILES = ['artifacts.ts', 'artifacts.js', 'artifacts.mjs', 'artifacts.cjs'] as const

export interface ApplicationModule {
  /** Relative to the application, for messages; `null`: there is no module. */
  readonly file: string | null
  readonly exports: Readonly<Record<string, unknown>>
}

/**
 * Imports the module, once per thread: the import cache keeps it, and new code needs a new thread.
 * @throws Error naming the file and the reason (syntax, a missing dependency, an error at its top level)
 */
export async function loadModule(directory: string): Promise<ApplicationModule> {
  const file = (await moduleFile(directory)) ?? (await packageEntry(directory))
  if (file === null) return { file, exports: {} }
  try {
    const exports = (await import(pathToFileURL(join(directory, file)).href)) as Record<string, unknown>
    return { file, exports: withMembersOfDefault(exports) }
  } catch (error) {
    throw new Error(`${file} of application ${basename(directory)} cannot be loaded: ${reasonOf(error)}`, {
      cause: error
    })
  }
}

async function moduleFile(directory: string): Promise<string | null> {
  for (const file of MODULE_FILES) if (await isFile(join(directory, file))) return file
  return null
}

async function packageEntry(directory: string): Promise<string | null> {
  const path = join(directory, 'package.json')
  if (!(await isFile(path))) return null
  const broken = (reason: string, cause?: unknown) =>
    new Error(`package.json of application ${basename(directory)} ${reason}`, { cause })
  let description: { exports?: unknown; main?: unknown } | null
  try {
    description = JSON.parse(await readFile(path, 'utf8'))
  } catch (error) {
    throw broken(`cannot be read: ${(error as Error).message}`, error)
  }
  if (description?.exports === undefined && description?.main === undefined) return null
  const entry = entryOf(description.exports) ?? entryOf(description.main)
  if (entry === null) throw broken('names no module that can be imported in its exports or main')
  const file = relative(directory, resolve(directory, entry))
  if (file === '..' || file.startsWith(`..${sep}`)) throw broken(`leads out of the application: ${entry}`)
  if (!(await isFile(join(directory, file)))) throw broken(`names a module that is not there: ${entry}`)
  return file
}

/** Node's rules for the package itself: a path, the entry ".", or the first condition that holds for an import. */
function entryOf(entry: unknown): string | null {
  if (typeof entry === 'string') return entry
  if (Array.isArray(entry)) return entry.map(entryOf).find(found => found !== null) ?? null
  if (typeof entry !== 'object' || entry === null) return null
  const cases = Object.entries(entry)
  if (cases.some(([name]) => name.startsWith('.'))) return entryOf(cases.find(([name]) => name === '.')?.[1])
  const holds = new Set(['node', 'import', 'module-sync', 'default'])
  return entryOf(cases.filter(([name]) => holds.has(name)).map(([, value]) => value))
}

/** CommonJS whose exports Node cannot foretell, and `export default { … }`: the members of default are names too. */
function withMembersOfDefault(exports: Record<string, unknown>): Record<string, unknown> {
  const members = exports['default']
  if (typeof members !== 'object' || members === null) return exports
  return { ...members, ...exports }
}

/** For a syntax error the line with its caret stands in front of the stack only. */
function reasonOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error)
  if (error instanceof SyntaxError) return (error.stack ?? error.message).split('\n    at ')[0]!.trim()
  return `${error.name}: ${error.message}`
}

async function isFile(path: string): Promise<boolean> {
  try {
    return (await stat(path)).isFile()
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return false
    throw error
  }
}
