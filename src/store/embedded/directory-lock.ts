// Without this file two servers could work on one data directory, and whoever stops first would stop the database of the other.
import { randomBytes } from 'node:crypto'
import { link, readdir, readFile, rm, truncate, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { ANONYMOUS, bootTime, processIdentity } from './process-identity.ts'

export interface DirectoryLock {
  /** Gives the directory free; safe twice. */
  release(): Promise<void>
}

export type LockAttempt =
  | { readonly taken: true; readonly lock: DirectoryLock }
  | { readonly taken: false; readonly holderPid: number }

interface Holder {
  readonly pid: number
  readonly identity: string | null
  readonly takenAt: number
}

const NAME = /^lock\.(\d{1,15})$/

/**
 * Takes the lock of an existing directory, at once or not at all. The lock dies with this process, whatever ends it.
 *
 * The lock is the file `lock.<n>` with the highest number. A dead holder's is not replaced but followed by `lock.<n+1>`,
 * created exclusively, so of any number of processes that find the same dead holder exactly one wins. The highest file is never
 * deleted, a release only empties it: were the numbers to start again, a slow process could create a number that is free again
 * while another one holds a lower one.
 */
export async function takeLock(directory: string): Promise<LockAttempt> {
  for (;;) {
    const newest = await newestNumber(directory)
    const holder = newest === 0 ? null : await readHolder(directory, newest)
    if (holder !== null && isHeld(holder)) return { taken: false, holderPid: holder.pid }
    const mine = newest + 1
    if (!(await createExclusively(directory, mine))) continue
    if ((await newestNumber(directory)) !== mine) {
      await rm(join(directory, `lock.${mine}`), { force: true })
      continue
    }
    // The one before stays: a listing that runs while two locks follow each other then still sees one of them.
    await removeUpTo(directory, mine - 2)
    return { taken: true, lock: { release: () => empty(directory, mine) } }
  }
}

async function newestNumber(directory: string): Promise<number> {
  return Math.max(0, ...(await numbers(directory)))
}

async function numbers(directory: string): Promise<number[]> {
  return (await readdir(directory)).flatMap(name => Number(NAME.exec(name)?.[1] ?? Number.NaN) || [])
}

async function readHolder(directory: string, number: number): Promise<Holder | null> {
  try {
    const holder = JSON.parse(await readFile(join(directory, `lock.${number}`), 'utf8')) as Holder
    return Number.isSafeInteger(holder?.pid) && holder.pid > 0 ? holder : null
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException
    if (code !== undefined && code !== 'ENOENT') throw error
    return null // gone (followed by a newer one), or empty: released, or cut by a power failure; files appear here whole
  }
}

function isHeld(holder: Holder): boolean {
  const identity = processIdentity(holder.pid)
  if (identity === null) return false
  if (identity !== ANONYMOUS && holder.identity !== ANONYMOUS) return identity === holder.identity
  return holder.takenAt > bootTime()
}

async function createExclusively(directory: string, number: number): Promise<boolean> {
  const draft = join(directory, `lock-draft-${randomBytes(6).toString('hex')}`)
  try {
    await writeHolder(draft)
    await link(draft, join(directory, `lock.${number}`))
    return true
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') return false
    throw error
  } finally {
    await rm(draft, { force: true })
  }
}

async function writeHolder(path: string): Promise<void> {
  const holder: Holder = {
    pid: process.pid,
    identity: processIdentity(process.pid),
    takenAt: performance.timeOrigin + performance.now()
  }
  await writeFile(path, JSON.stringify(holder), { flag: 'wx', mode: 0o644 })
}

async function empty(directory: string, number: number): Promise<void> {
  try {
    if ((await newestNumber(directory)) !== number) return
    // In place: on a full disk there is no room for another file.
    await truncate(join(directory, `lock.${number}`))
  } catch (error) {
    // The directory was deleted under us: then there is nothing to give free.
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error
  }
}

async function removeUpTo(directory: string, last: number): Promise<void> {
  for (const number of await numbers(directory)) {
    if (number <= last) await rm(join(directory, `lock.${number}`), { force: true })
  }
}
