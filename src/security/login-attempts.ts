// Makes guessing slow: after some failures in a row, a user from an address waits, twice as long after each further one. Who is
// no user is counted alike, or the difference would tell who is one.
import { isIPv6 } from 'node:net'
import type { Clock } from '../service/clock.ts'
import { LRUCache } from '../service/lru-cache.ts'

/** Slips that cost nothing. */
export const FREE_FAILURES = 5
const LONGEST_WAIT_SECONDS = 300
/** Without a failure for this long, all is forgotten. */
const FORGOTTEN_MS = 15 * 60_000
/** Each entry took a computed hash, so emptying this by guessing takes longer than waiting. */
const REMEMBERED = 10_000

interface Failures {
  readonly count: number
  readonly last: number
}

export interface LoginAttempts {
  /** Seconds until the next attempt is looked at; 0 = now. */
  waitSeconds(user: string, address: string): number
  /** Before the password is looked at: attempts at one time would else all be free. */
  begun(user: string, address: string): void
  /** It was right. */
  succeeded(user: string, address: string): void
  /** It was not looked at after all. */
  givenUp(user: string, address: string): void
}

export function createLoginAttempts(clock: Clock): LoginAttempts {
  const failures = new LRUCache<string, Failures>(REMEMBERED)
  const of = (key: string): Failures => {
    const found = failures.get(key)
    return found === undefined || Math.abs(clock.now() - found.last) > FORGOTTEN_MS
      ? { count: 0, last: 0 }
      : found
  }
  return {
    waitSeconds(user, address) {
      const { count, last } = of(keyOf(user, address))
      if (count < FREE_FAILURES) return 0
      const wait = Math.min(LONGEST_WAIT_SECONDS, 2 ** (count - FREE_FAILURES))
      const since = (clock.now() - last) / 1000
      // A clock that was set back: not longer than from now on.
      return since < 0 ? wait : Math.max(0, Math.ceil(wait - since))
    },
    begun(user, address) {
      const key = keyOf(user, address)
      failures.set(key, { count: of(key).count + 1, last: clock.now() })
    },
    succeeded(user, address) {
      failures.delete(keyOf(user, address))
    },
    givenUp(user, address) {
      const key = keyOf(user, address)
      failures.set(key, { ...of(key), count: Math.max(0, of(key).count - 1) })
    }
  }
}

/** An IPv6 host has a whole /64 of addresses. */
function keyOf(user: string, address: string): string {
  const mapped = /^::ffff:(\d+\.\d+\.\d+\.\d+)$/i.exec(address)?.[1]
  const place = mapped ?? (isIPv6(address) ? networkOf(address) : address)
  return JSON.stringify([user, place])
}

function networkOf(address: string): string {
  const [head = '', tail] = address.split('%')[0]!.split('::')
  const groups = head === '' ? [] : head.split(':')
  const behind = tail === undefined || tail === '' ? [] : tail.split(':')
  const zeros =
    tail === undefined ? [] : Array<string>(Math.max(0, 8 - groups.length - behind.length)).fill('0')
  return [...groups, ...zeros, ...behind].slice(0, 4).join(':')
}
