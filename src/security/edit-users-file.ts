// One change of the users file at a time, whole or not at all: two administrators must not undo each other, and a server that
// reads it at this moment must see the old users or the new ones. Comments and the order of lines stay.
import { open, readFile, rm, stat } from 'node:fs/promises'
import { setTimeout as delay } from 'node:timers/promises'
import type { Clock } from '../service/clock.ts'
import { SecurityError } from './security-error.ts'
import {
  checkUser,
  formatUser,
  isNoUser,
  linesOf,
  nameIn,
  parseUsersFile,
  type UserRecord
} from './users-file.ts'
import { writeWhole } from './write-whole.ts'

const LOCK_PATIENCE_MS = 5000
/** Left by somebody who was killed: no change takes so long. */
const STALE_LOCK_MS = 60_000

/** What becomes of one user: `null` as given = there is none yet, `null` as result = it goes. Throws to change nothing. */
export type UserChange = (before: UserRecord | null) => UserDraft | null

/** A user whose roles and groups are still to be checked. */
export type UserDraft = Omit<UserRecord, 'roles'> & { readonly roles: readonly string[] }

/** Without a file, one is made (mode 600). Rejects with SecurityError, also when what is there cannot be understood. */
export async function editUsersFile(
  path: string,
  user: string,
  change: UserChange,
  clock: Clock
): Promise<void> {
  const name = user.normalize('NFC')
  const release = await lock(`${path}.lock`, clock)
  try {
    const text = (await existing(path)) ?? '# name:argon2id hash:roles:groups; changed by: batchyard user\n'
    const before = parseUsersFile(text, path).get(name) ?? null
    const after = change(before)
    if (after !== null) checkUser(after.user, after.roles, after.groups)
    await writeWhole(path, replaced(text, name, after), await modeOf(path))
  } finally {
    await release()
  }
}

/** In their order. Rejects with SecurityError. */
export async function readUsersFile(path: string): Promise<readonly UserRecord[]> {
  const text = await existing(path)
  if (text === null) throw new SecurityError(`There is no users file ${path}.`)
  return [...parseUsersFile(text, path).values()]
}

function replaced(text: string, name: string, after: UserDraft | null): string {
  const lines = linesOf(text)
  if (lines.at(-1) === '') lines.pop()
  const at = lines.findIndex(line => !isNoUser(line) && nameIn(line) === name)
  const own = after === null ? [] : [formatUser(after)]
  lines.splice(at === -1 ? lines.length : at, at === -1 ? 0 : 1, ...own)
  return `${lines.join('\n')}\n`
}

async function existing(path: string): Promise<string | null> {
  try {
    return await readFile(path, 'utf8')
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return null
    throw new SecurityError(`The users file cannot be read: ${(error as Error).message}`)
  }
}

/** Never more open than it was, and closed to others when it is new. */
async function modeOf(path: string): Promise<number> {
  try {
    return (await stat(path)).mode & 0o777
  } catch {
    return 0o600
  }
}

async function lock(path: string, clock: Clock): Promise<() => Promise<void>> {
  for (const deadline = clock.now() + LOCK_PATIENCE_MS; ; await delay(50)) {
    try {
      await (await open(path, 'wx', 0o600)).close()
      return () => rm(path, { force: true })
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'EEXIST')
        throw new SecurityError(`The users file cannot be changed: ${(error as Error).message}`)
      const age = await ageOf(path, clock)
      if (age !== null && age > STALE_LOCK_MS) await rm(path, { force: true })
      else if (clock.now() > deadline)
        throw new SecurityError(`Somebody else changes the users file; if not, remove ${path}.`)
    }
  }
}

async function ageOf(path: string, clock: Clock): Promise<number | null> {
  try {
    return clock.now() - (await stat(path)).mtimeMs
  } catch {
    return null
  }
}
