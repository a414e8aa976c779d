// From a name and a password to a user. Verified credentials are remembered for a minute, or every request would cost a hash;
// failures are slowed down; and whoever is no user takes the same time as whoever is.
import { createHmac, randomBytes } from 'node:crypto'
import type { Clock } from '../service/clock.ts'
import { LRUCache } from '../service/lru-cache.ts'
import { unguessableHash, verifyPassword } from './argon2.ts'
import type { Identity } from './identity.ts'
import { createLoginAttempts } from './login-attempts.ts'
import { LOCKED, type UserRecord } from './users-file.ts'
import type { Users } from './users.ts'

const REMEMBERED_MS = 60_000
const REMEMBERED = 1000

export interface Credentials {
  readonly user: string
  readonly password: string
}

export type PasswordVerdict =
  | { readonly kind: 'user'; readonly identity: Identity }
  | { readonly kind: 'wrong'; readonly known: boolean }
  | { readonly kind: 'slowedDown'; readonly waitSeconds: number }

export interface Passwords {
  /** `address`: of whoever asks. Rejects with Argon2Busy. */
  check(credentials: Credentials, address: string): Promise<PasswordVerdict>
}

interface Remembered {
  readonly right: Promise<boolean>
  readonly since: number
}

export async function createPasswords(users: Users, clock: Clock): Promise<Passwords> {
  const attempts = createLoginAttempts(clock)
  const nobody: UserRecord = { user: '', hash: await unguessableHash(), roles: [], groups: [] }
  // Keys are digests with a key of this process: a dump of its memory gives no password to try elsewhere.
  const secret = randomBytes(32)
  const remembered = new LRUCache<string, Remembered>(REMEMBERED)

  /** The hash is part of the key: with another password in the file, what was remembered is never found again. */
  const keyOf = ({ hash }: UserRecord, { user, password }: Credentials) =>
    createHmac('sha256', secret)
      .update(JSON.stringify([user, password, hash]))
      .digest('base64')

  const verified = (key: string): Promise<boolean> | null => {
    const found = remembered.get(key)
    return found !== undefined && Math.abs(clock.now() - found.since) < REMEMBERED_MS ? found.right : null
  }
  /** Requests that come together share one computation. */
  const verify = (key: string, record: UserRecord, password: string): Promise<boolean> => {
    const right = verifyPassword(record.hash, password)
    remembered.set(key, { right, since: clock.now() })
    right.then(
      is => is || remembered.delete(key),
      () => remembered.delete(key)
    )
    return right
  }

  return {
    async check(given, address) {
      const user = given.user.normalize('NFC')
      const all = await users.current()
      const found = all.get(user)
      const known = found?.hash.startsWith(LOCKED) === false ? found : undefined
      const record = known ?? costliest(all) ?? nobody
      const key = keyOf(record, { user, password: given.password })
      const before = verified(key)
      // Whoever has been right before is not slowed down by somebody at the same address who guesses.
      if (before !== null && (await before) && known !== undefined) return { kind: 'user', identity: known }
      const waitSeconds = attempts.waitSeconds(user, address)
      if (waitSeconds > 0) return { kind: 'slowedDown', waitSeconds }
      attempts.begun(user, address)
      const right = await verify(key, record, given.password).catch((error: unknown) => {
        attempts.givenUp(user, address)
        throw error
      })
      if (!right || known === undefined) return { kind: 'wrong', known: found !== undefined }
      attempts.succeeded(user, address)
      return { kind: 'user', identity: known }
    }
  }
}

/** Of whom a stranger takes the time: hashes of a file may differ in what they cost. */
function costliest(users: ReadonlyMap<string, UserRecord>): UserRecord | null {
  let found: UserRecord | null = null
  let most = 0
  for (const record of users.values()) {
    const [, memory, passes] = /\$m=(\d+),t=(\d+)/.exec(record.hash) ?? []
    const cost = Number(memory ?? 0) * Number(passes ?? 0)
    if (cost > most) [found, most] = [record, cost]
  }
  return found
}
