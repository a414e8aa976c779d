// Finds applications in the applications directory; without it nobody knows which job definitions and artifacts there are.
import type { Dirent } from 'node:fs'
import { readdir, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { BatchError } from '../batch/batch-error.ts'
import { MODULE_FILES } from './application-module.ts'

/** A folder of the applications directory, with packaged JSL and the artifacts its `ref`s name. */
export interface Application {
  readonly name: string
  readonly directory: string
}

/** Where an application keeps its packaged JSL; of two files with one name the first folder's counts. */
export const JOB_XML_FOLDERS = ['batch-jobs', join('META-INF', 'batch-jobs')] as const

/**
 * The application of exactly this name. Only names that the directory lists are ever made into a path, so a name with
 * `..`, slashes or NUL is simply unknown.
 * @throws BatchError ApplicationUnknown, naming the first 20 there are
 */
export async function findApplication(appsDir: string, name: string): Promise<Application> {
  const application = { name, directory: join(appsDir, name.replaceAll('\0', '')) }
  if ((await folderNames(appsDir)).includes(name) && (await isApplication(application.directory)))
    return application
  const known = await listApplications(appsDir)
  throw new BatchError('ApplicationUnknown', [shown(name), firstNames(known.map(one => one.name))])
}

/** All applications, by name. A directory that is not there has none. */
export async function listApplications(appsDir: string): Promise<readonly Application[]> {
  const folders = (await folderNames(appsDir)).map(name => ({ name, directory: join(appsDir, name) }))
  const verdicts = await Promise.all(folders.map(folder => isApplication(folder.directory)))
  return folders.filter((_, index) => verdicts[index])
}

/** At most 20 names for a message, and how many were left out. */
export function firstNames(names: readonly string[]): string {
  if (names.length === 0) return 'none'
  const more = names.length > 20 ? ` and ${names.length - 20} more` : ''
  return names.slice(0, 20).join(', ') + more
}

/** A name as somebody gave it, short enough for a message. */
export function shown(name: string): string {
  return name.length > 200 ? `${name.slice(0, 200).toWellFormed()}…` : name
}

async function folderNames(appsDir: string): Promise<readonly string[]> {
  const names = (await entriesOf(appsDir)).map(entry => entry.name)
  return names.filter(name => !name.startsWith('.') && name !== 'node_modules').toSorted()
}

/** What a directory lists; nothing when it is not there. */
export async function entriesOf(directory: string): Promise<readonly Dirent[]> {
  try {
    return await readdir(directory, { withFileTypes: true })
  } catch (error) {
    if (isAbsence(error)) return []
    throw error
  }
}

/** Packaged JSL, a module or a package makes a folder an application: one may have inline JSL only, or built-in artifacts only. */
async function isApplication(directory: string): Promise<boolean> {
  const signs = [
    ...JOB_XML_FOLDERS.map(folder => kindOf(join(directory, folder), 'folder')),
    ...[...MODULE_FILES, 'package.json'].map(file => kindOf(join(directory, file), 'file'))
  ]
  return (await Promise.all(signs)).includes(true)
}

/** Follows links: who installs an application is trusted and may link what he likes. */
export async function kindOf(path: string, kind: 'file' | 'folder'): Promise<boolean> {
  try {
    const found = await stat(path)
    return kind === 'file' ? found.isFile() : found.isDirectory()
  } catch (error) {
    if (isAbsence(error)) return false
    throw error
  }
}

/** Nothing there, a dangling or circular link, or a file where a folder would have to be. */
export function isAbsence(error: unknown): boolean {
  const code = (error as NodeJS.ErrnoException).code
  return code === 'ENOENT' || code === 'ENOTDIR' || code === 'ELOOP'
}
