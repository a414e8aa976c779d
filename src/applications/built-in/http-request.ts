// One HTTP request and its answer, redirects followed one by one; without it a redirect would lead out of the URLs that are allowed, and take passwords along.
import type { Agent, Response } from 'undici'
import type { BuiltInSetting } from './built-in-limits.ts'
import { shownURL } from './url-rules.ts'

export interface HTTPRequest {
  readonly url: string
  readonly method: string
  /** By lower-case name. */
  readonly headers: Readonly<Record<string, string>>
  readonly body: string | null
}

export interface HTTPAnswer {
  readonly status: number
  readonly headers: Pick<Response['headers'], 'get'>
  /** Where the last redirect led. */
  readonly url: URL
  /** The text, or as much of it as was asked for. */
  readonly text: string
  readonly complete: boolean
}

const MOST_REDIRECTS = 10
const REDIRECTS = new Set([301, 302, 303, 307, 308])

/** What another origin may be told: all else that a property named may be a password. */
const HARMLESS_HEADERS = new Set([
  'accept',
  'accept-language',
  'content-type',
  'user-agent',
  'idempotency-key'
])

export class HTTPClient {
  readonly #setting: BuiltInSetting
  #agent: Promise<Agent> | null = null

  constructor(setting: BuiltInSetting) {
    this.#setting = setting
  }

  /**
   * Rejects with the signal's reason when it is aborted. `bytes`: how much of the (unpacked) answer is kept.
   * @throws Error for an address that is not allowed, also in the middle of redirects
   */
  async send(request: HTTPRequest, signal: AbortSignal, bytes: number): Promise<HTTPAnswer> {
    const { inline, limits } = this.#setting
    // Loading it takes 60 ms, and most threads call nobody.
    const { fetch } = await import('undici')
    const dispatcher = await this.#dispatcher()
    let { method, headers, body } = request
    let url = limits.checkURL(request.url, inline)
    for (let redirects = 0; ; redirects++) {
      const response = await fetch(url, {
        method,
        headers,
        body,
        dispatcher,
        signal,
        redirect: 'manual'
      })
      const location = response.headers.get('location')
      if (!REDIRECTS.has(response.status) || location === null)
        return { status: response.status, headers: response.headers, url, ...(await textIn(response, bytes)) }
      await response.body?.cancel()
      if (redirects === MOST_REDIRECTS) throw new Error(`${shownURL(request.url)} redirects too often.`)
      const next = redirectedTo(location, url, this.#setting)
      if (next.origin !== url.origin) headers = headersForOthers(headers)
      if (becomesGET(response.status, method)) {
        method = 'GET'
        body = null
        headers = Object.fromEntries(Object.entries(headers).filter(([name]) => !name.startsWith('content-')))
      }
      url = next
    }
  }

  /** No connection is kept. */
  async close(): Promise<void> {
    const agent = await this.#agent
    this.#agent = null
    await agent?.destroy()
  }

  /** Without time limits of its own: the caller's signal has them. */
  #dispatcher(): Promise<Agent> {
    this.#agent ??= import('undici').then(
      ({ Agent }) => new Agent({ headersTimeout: 0, bodyTimeout: 0, connect: { timeout: 0 } })
    )
    return this.#agent
  }
}

/** Those of `headers` (names in lower case) that may go to another origin than the one they were given for. */
export function headersForOthers(headers: Readonly<Record<string, string>>): Record<string, string> {
  return Object.fromEntries(Object.entries(headers).filter(([name]) => HARMLESS_HEADERS.has(name)))
}

function redirectedTo(location: string, from: URL, { inline, limits }: BuiltInSetting): URL {
  if (!URL.canParse(location, from)) throw new Error(`${shownURL(from)} redirects to what is no URL.`)
  const next = limits.checkURL(new URL(location, from).href, inline)
  if (from.protocol === 'https:' && next.protocol === 'http:')
    throw new Error(`${shownURL(from)} redirects to ${shownURL(next)}, which is not encrypted.`)
  return next
}

/** As browsers and fetch do it (RFC 9110 §15.4). */
function becomesGET(status: number, method: string): boolean {
  if (status === 303) return method !== 'HEAD'
  return (status === 301 || status === 302) && method === 'POST'
}

/** A small answer can unpack to gigabytes: counted is what comes out. */
async function textIn(response: Response, bytes: number): Promise<{ text: string; complete: boolean }> {
  const decoder = new TextDecoder()
  let text = ''
  let left = bytes
  for await (const chunk of response.body ?? []) {
    const part = chunk as Uint8Array
    // Leaving the loop cancels the rest.
    if (part.length > left) return { text: text + decoder.decode(part.subarray(0, left)), complete: false }
    left -= part.length
    text += decoder.decode(part, { stream: true })
  }
  return { text: text + decoder.decode(), complete: true }
}
