// Without this a client would not learn which parts a log has, and could name files that are none.
import fs from 'node:fs/promises'
import path from 'node:path'
import { PART_NAME } from './part-file.ts'

/** The layout: which folders may stand in which. Nothing else is entered, so the depth has an end. */
const FOLDERS = {
  execution: [
    { name: /^step\./, holds: 'step' },
    { name: /^split\./, holds: 'split' }
  ],
  split: [{ name: /^flow\./, holds: 'flow' }],
  flow: [{ name: /^step\./, holds: 'step' }],
  step: [{ name: /^partition\.\d{1,9}$/, holds: 'partition' }],
  partition: []
} as const satisfies Record<string, readonly { readonly name: RegExp; readonly holds: string }[]>

type Folder = keyof typeof FOLDERS

/** Those that have a log; a split and a step are only the way to one. */
const WITH_PARTS: readonly Folder[] = ['execution', 'flow', 'partition']

/**
 * The parts below an execution's folder (relative to `root`), relative to that folder, with `/`: those of a folder before
 * those of its sub-folders, numbers by value. Links are not followed, a missing folder has no parts.
 */
export async function listParts(root: string, executionPath: string): Promise<readonly string[]> {
  const parts: string[] = []
  const directory = await withinRoot(root, executionPath)
  if (directory !== null) await collect(directory, '', 'execution', parts)
  return parts
}

/** Whether this one is there, by its path relative to the root. */
export async function hasPart(root: string, relativePath: string): Promise<boolean> {
  const file = await withinRoot(root, relativePath)
  return file !== null && PART_NAME.test(path.basename(file))
}

/** Sorts paths of parts, each relative to its execution's folder, as `listParts` does. */
export function inReadingOrder(a: string, b: string): number {
  const [left, right] = [a.split('/'), b.split('/')]
  for (let at = 0; ; at++) {
    const [one, other] = [left[at]!, right[at]!]
    const [isFile, otherIsFile] = [at === left.length - 1, at === right.length - 1]
    if (isFile !== otherIsFile) return isFile ? -1 : 1
    if (one !== other || isFile) return one === other ? 0 : byNumber(one, other)
  }
}

async function withinRoot(root: string, relativePath: string): Promise<string | null> {
  try {
    const [realRoot, real] = await Promise.all([
      fs.realpath(root),
      fs.realpath(path.join(root, relativePath))
    ])
    return real.startsWith(realRoot + path.sep) ? real : null
  } catch (error) {
    if (isMissing(error)) return null
    throw error
  }
}

async function collect(directory: string, prefix: string, kind: Folder, parts: string[]): Promise<void> {
  const files: string[] = []
  const folders: { readonly name: string; readonly holds: Folder }[] = []
  for (const entry of await entriesOf(directory)) {
    if (entry.isFile() && PART_NAME.test(entry.name) && WITH_PARTS.includes(kind)) files.push(entry.name)
    if (!entry.isDirectory()) continue
    const folder = FOLDERS[kind].find(({ name }) => name.test(entry.name))
    if (folder) folders.push({ name: entry.name, holds: folder.holds })
  }
  for (const file of files.sort(byNumber)) parts.push(prefix + file)
  for (const { name, holds } of folders.sort((a, b) => byNumber(a.name, b.name))) {
    await collect(path.join(directory, name), `${prefix}${name}/`, holds, parts)
  }
}

async function entriesOf(directory: string) {
  try {
    return await fs.readdir(directory, { withFileTypes: true })
  } catch (error) {
    // Purged between the listing of its parent and now.
    if (isMissing(error)) return []
    throw error
  }
}

function isMissing(error: unknown): boolean {
  return error instanceof Error && 'code' in error && (error.code === 'ENOENT' || error.code === 'ENOTDIR')
}

const collator = new Intl.Collator('en', { numeric: true })

/** part.2 before part.10; names the collator takes for equal (step.01, step.1) still have an order. */
function byNumber(a: string, b: string): number {
  return collator.compare(a, b) || (a < b ? -1 : 1)
}
