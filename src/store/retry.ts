// Which errors of PostgreSQL pass when the same thing is done again, and doing so: the table of them, once.
import { setTimeout as delay } from 'node:timers/promises'

/** What another transaction did at the same moment (ENGINE E1): again at once. */
const CONTENTION: ReadonlySet<string> = new Set([
  '40001', // serialization_failure
  '40P01', // deadlock_detected
  '55P03' // lock_not_available
])

/** PostgreSQL is away, going or coming: again when it is back. */
const AWAY: ReadonlySet<string> = new Set([
  '25P03', // idle_in_transaction_session_timeout: our connection to it had gone, or this process stood still
  '57P01', // admin_shutdown
  '57P02', // crash_shutdown
  '57P03', // cannot_connect_now
  '08000', // connection_exception
  '08003', // connection_does_not_exist
  '08006', // connection_failure
  '53300', // too_many_connections
  'ECONNREFUSED',
  'ECONNRESET',
  'EPIPE',
  'ETIMEDOUT',
  'ENOENT'
])

const AWAY_MESSAGE =
  /connection terminated|connection ended|client has encountered a connection error|defined query timeout|timeout acquiring a connection|timeout exceeded when trying to connect/i

export function isContention(error: unknown): boolean {
  return CONTENTION.has(codeOf(error))
}

export function isAway(error: unknown): boolean {
  if (error instanceof AggregateError) return error.errors.some(isAway)
  return AWAY.has(codeOf(error)) || (error instanceof Error && AWAY_MESSAGE.test(error.message))
}

/** A statement that ran into the session's statement_timeout, or waited too long for a lock. */
export function isStatementTimeout(error: unknown): boolean {
  return codeOf(error) === '57014' || codeOf(error) === '55P03'
}

/** A row of this key stands already. */
export function isUniqueViolation(error: unknown): boolean {
  return codeOf(error) === '23505'
}

/** What was to be stored is none of the column's type: it never will be (class 22, data exceptions). */
export function isUnstorable(error: unknown): boolean {
  return codeOf(error).startsWith('22')
}

function codeOf(error: unknown): string {
  const code = (error as { code?: unknown } | null)?.code
  return typeof code === 'string' ? code : ''
}

const CONTENTION_TRIES = 8

export interface RetryOptions {
  /** Milliseconds to wait for a PostgreSQL that is away; Infinity = until it is back or `giveUp`. */
  readonly awayMs: number
  /** Asked before each new try. */
  readonly giveUp?: () => boolean
}

/** Runs `work` again while its error is one that passes; `work` must be safe to run again after a commit in doubt. */
export async function retrying<T>(options: RetryOptions, work: () => Promise<T>): Promise<T> {
  const began = performance.now()
  for (let tries = 1; ; tries++) {
    try {
      return await work()
    } catch (error) {
      if (options.giveUp?.() === true) throw error
      if (isContention(error) && tries < CONTENTION_TRIES) await delay(Math.random() * 20 * tries)
      else if (isAway(error) && performance.now() - began < options.awayMs)
        await delay(Math.min(50 * 2 ** tries, 1000) * (0.5 + Math.random()))
      else throw error
    }
  }
}
