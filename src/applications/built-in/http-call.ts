// Calls an address until it answers for good: time limit, retries with growing pauses, and a line of the job log for each.
import { setTimeout as pause } from 'node:timers/promises'
import type { Injected } from '../../batch/artifacts.ts'
import { systemClock } from '../../service/clock.ts'
import { numberOf, type Properties } from './artifact-properties.ts'
import type { HTTPAnswer, HTTPClient, HTTPRequest } from './http-request.ts'
import { shownURL } from './url-rules.ts'

export const CALL_NAMES = ['timeoutSeconds', 'retries', 'retryDelayMillis'] as const

export interface CallRules {
  /** Of one attempt, the answer's body included. */
  readonly timeoutSeconds: number
  /** After the first attempt. */
  readonly retries: number
  /** Before the first retry; each next pause is twice as long. */
  readonly retryDelayMillis: number
}

/** @throws Error */
export function callRules(properties: Properties): CallRules {
  return {
    timeoutSeconds: numberOf(properties, 'timeoutSeconds', { min: 1, max: 86_400, absent: 60 }),
    retries: numberOf(properties, 'retries', { min: 0, max: 100, absent: 3 }),
    retryDelayMillis: numberOf(properties, 'retryDelayMillis', { min: 1, max: 600_000, absent: 1000 })
  }
}

const LONGEST_PAUSE_MS = 60_000
/** A server that wants a longer one is not waited for: the attempt counts as the last. */
const LONGEST_RETRY_AFTER_MS = 600_000

/** The request did not reach anybody, so that sending it again cannot do anything twice. */
const NOT_SENT = new Set([
  'ECONNREFUSED',
  'ENOTFOUND',
  'EAI_AGAIN',
  'EHOSTUNREACH',
  'ENETUNREACH',
  'UND_ERR_CONNECT_TIMEOUT'
])

export interface Call {
  readonly client: HTTPClient
  readonly request: HTTPRequest
  readonly rules: CallRules
  /** Doing it twice does the same as doing it once, so it is retried also when nobody knows whether it was done. */
  readonly idempotent: boolean
  readonly bytes: number
  /** Is this answer what was wanted? Then it is not retried, whatever its status. */
  wanted(status: number): boolean
}

/**
 * The last answer, wanted or not. Rejects with the last error when there was no answer, and at once when a stop is requested.
 */
export async function callHTTP(
  call: Call,
  { log, signal }: Pick<Injected, 'log' | 'signal'>
): Promise<HTTPAnswer> {
  const { request, rules } = call
  const what = `${request.method} ${shownURL(request.url)}`
  for (let attempt = 1; ; attempt++) {
    const last = attempt > rules.retries
    const result = await attemptOf(call, signal)
    if ('status' in result) {
      const wait = retryAfter(result)
      if (last || call.wanted(result.status) || !mayRetry(call, result.status)) return result
      if (wait !== null && wait > LONGEST_RETRY_AFTER_MS) return result
      await again(`${what} answered ${result.status}`, Math.max(wait ?? 0, backOff(rules, attempt)), attempt)
    } else {
      const { error } = result
      if (last || !isNetworkError(error) || !(call.idempotent || NOT_SENT.has(codeOf(error)))) throw error
      await again(`${what}: ${reasonOf(error)}`, backOff(rules, attempt), attempt)
    }
  }

  async function again(why: string, milliseconds: number, attempt: number): Promise<void> {
    log.warn(`${why}; attempt ${attempt + 1} of ${rules.retries + 1} in ${Math.round(milliseconds)} ms.`)
    await pause(milliseconds, undefined, { signal })
  }
}

async function attemptOf(
  { client, request, rules, bytes }: Call,
  signal: AbortSignal
): Promise<HTTPAnswer | { readonly error: Error }> {
  signal.throwIfAborted()
  const timeout = AbortSignal.timeout(rules.timeoutSeconds * 1000)
  try {
    return await client.send(request, AbortSignal.any([signal, timeout]), bytes)
  } catch (thrown) {
    signal.throwIfAborted()
    const late = timeout.aborted
    const what = `${request.method} ${shownURL(request.url)}`
    if (late) return { error: networkError(`${what}: no answer in ${rules.timeoutSeconds} s`, thrown) }
    // `fetch failed` is all that the outer error says.
    const isNetwork = (thrown instanceof TypeError && thrown.cause instanceof Error) || codeOf(thrown) !== ''
    return { error: isNetwork ? networkError(`${what}: ${reasonOf(thrown)}`, thrown) : (thrown as Error) }
  }
}

class NetworkError extends Error {
  override readonly name = 'NetworkError'
}

function networkError(message: string, cause: unknown): Error {
  return new NetworkError(message, { cause })
}

function isNetworkError(error: Error): boolean {
  return error instanceof NetworkError
}

/** 429, and 503 with Retry-After, say that it was not done; other failures do not. 501 will not change. */
function mayRetry({ idempotent }: Call, status: number): boolean {
  if (status === 429) return true
  return idempotent && (status === 408 || (status >= 500 && status !== 501))
}

/** With a quarter left to chance, so that jobs that failed together do not come back together. */
function backOff({ retryDelayMillis }: CallRules, attempt: number): number {
  const longest = Math.max(LONGEST_PAUSE_MS, retryDelayMillis)
  return Math.min(retryDelayMillis * 2 ** (attempt - 1), longest) * (0.75 + Math.random() / 4)
}

/** Milliseconds; `null` when the answer has none. RFC 9110 §10.2.3: seconds, or a date. */
function retryAfter({ headers }: HTTPAnswer): number | null {
  const given = headers.get('retry-after')?.trim() ?? ''
  if (/^\d{1,9}$/.test(given)) return Number(given) * 1000
  const at = Date.parse(given)
  return Number.isNaN(at) ? null : Math.max(0, at - systemClock.now())
}

function codeOf(error: unknown): string {
  for (
    let current = error, depth = 0;
    current instanceof Error && depth < 5;
    current = current.cause, depth++
  ) {
    const { code } = current as NodeJS.ErrnoException
    if (typeof code === 'string') return code
    if (current instanceof AggregateError) return codeOf(current.errors[0])
  }
  return ''
}

function reasonOf(error: unknown): string {
  const inner = error instanceof TypeError && error.cause instanceof Error ? error.cause : (error as Error)
  return inner.message === '' ? codeOf(inner) : inner.message
}
