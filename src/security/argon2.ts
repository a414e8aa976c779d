// The one place that computes password hashes: a few at a time, for each takes 19 MiB and a core for some milliseconds.
import { randomBytes } from 'node:crypto'
import { hash, verify } from '@node-rs/argon2'

const AT_ONE_TIME = 2
/** Beyond, a login is refused at once: whoever waits longer has gone. */
const WAITING = 64

/** Too many logins are being looked at. */
export class Argon2Busy extends Error {
  override readonly name = 'Argon2Busy'
}

/** Argon2id, 19 MiB, 2 passes (OWASP's first choice), in PHC form. */
export async function hashPassword(password: string): Promise<string> {
  return await hash(password.normalize('NFC'))
}

/** `false` also for what is no hash. Rejects with Argon2Busy. */
export async function verifyPassword(phc: string, password: string): Promise<boolean> {
  await enter()
  try {
    return await verify(phc, password.normalize('NFC'))
  } catch {
    return false
  } finally {
    leave()
  }
}

/** A hash that no password has, to spend the same time on somebody who is no user. */
export async function unguessableHash(): Promise<string> {
  return await hashPassword(randomBytes(32).toString('hex'))
}

let running = 0
const waiting: (() => void)[] = []

async function enter(): Promise<void> {
  if (running < AT_ONE_TIME) {
    running++
    return
  }
  if (waiting.length >= WAITING) throw new Argon2Busy('too many logins at one time')
  await new Promise<void>(resolve => waiting.push(resolve))
}

/** Whoever waits longest takes the place over, so `running` stays. */
function leave(): void {
  const next = waiting.shift()
  if (next === undefined) running--
  else next()
}
