// One request after the other to whichever of the servers answers; what may be sent twice is decided by who calls.
import type { Readable } from 'node:stream'
import { Agent, request as send } from 'undici'
import { CliError, EXIT } from './cli-error.ts'
import { ConnectionLost, connectionLost } from './connection-lost.ts'
import { ServerRefusal } from './server-refusal.ts'
import { redirectTarget, systemUrlOf } from './targets.ts'

export interface RestRequest {
  readonly method: 'GET' | 'POST' | 'PUT' | 'DELETE'
  /** Below the batch API, with its query. */
  readonly path: string
  /** Below `/api/v1` of this server instead, which Liberty does not have. */
  readonly system?: true
  /** JSON text. */
  readonly body?: string
  readonly accept?: string
  readonly idempotencyKey?: string
  /**
   * `safe`: the next server is asked whatever went wrong. `once`: only where it certainly did not arrive before; else the
   * caller gets the ConnectionLost, and the next request goes to the next server. `here`: by the current server or not at all.
   */
  readonly repeat: 'safe' | 'once' | 'here'
  /** A body would not come along, so a submit or restart has none. */
  readonly redirects: boolean
}

export interface RestReply {
  readonly status: number
  readonly header: (name: string) => string | null
  readonly body: Readable
  /** `GET https://…`, for messages. */
  readonly request: string
}

export interface RestClientOptions {
  readonly targets: readonly URL[]
  readonly authorization: string | null
  readonly timeoutSeconds: number
  readonly trustAnyCertificate: boolean
  /** Told when the next server is asked instead. */
  readonly failedOver: (lost: ConnectionLost, next: URL) => void
}

const MOST_REDIRECTS = 3
const LARGEST_JSON = 256 * 1024 * 1024

export class RestClient {
  readonly #options: RestClientOptions
  readonly #agent: Agent
  #current = 0

  constructor(options: RestClientOptions) {
    this.#options = options
    const timeout = options.timeoutSeconds * 1000
    this.#agent = new Agent({
      connect: { timeout, rejectUnauthorized: !options.trustAnyCertificate },
      headersTimeout: timeout,
      bodyTimeout: timeout,
      // Each request on a connection of its own: a kept one may be closed by the server at the very moment of a submit, and
      // then nobody knows whether it arrived.
      pipelining: 0
    })
  }

  get targets(): readonly URL[] {
    return this.#options.targets
  }

  async close(): Promise<void> {
    await this.#agent.destroy()
  }

  /** The parsed JSON. @throws ConnectionLost, ServerRefusal, CliError. */
  async json(request: RestRequest): Promise<unknown> {
    const { text, reply } = await this.#roundAbout(request, async reply => ({
      reply,
      text: await textOf(reply)
    }))
    try {
      return JSON.parse(text)
    } catch (error) {
      const why = text === '' ? 'with nothing' : 'with something that is no JSON'
      throw new CliError(EXIT.failed, `The server answered ${why} to ${reply.request}.`, { cause: error })
    }
  }

  /** Without looking at the body. */
  async done(request: RestRequest): Promise<void> {
    await this.#roundAbout(request, reply => textOf(reply))
  }

  /** The body is still to be read; a connection that is lost meanwhile is an error of that stream. */
  async stream(request: RestRequest): Promise<RestReply> {
    return await this.#roundAbout(request, async reply => reply)
  }

  /** Each server once, beginning with the one that answered last. */
  async #roundAbout<T>(request: RestRequest, read: (reply: RestReply) => Promise<T>): Promise<T> {
    const { targets, failedOver } = this.#options
    const all: ConnectionLost[] = []
    for (let tries = 1; ; tries++) {
      const target = targets[this.#current]!
      try {
        return await this.#followed(target, request, read)
      } catch (error) {
        if (!(error instanceof ConnectionLost)) throw error
        all.push(error)
        this.#current = (this.#current + 1) % targets.length
        const mayGoOn = request.repeat === 'safe' || (request.repeat === 'once' && !error.mayHaveArrived)
        if (!mayGoOn || tries === targets.length) throw together(all)
        failedOver(error, targets[this.#current]!)
      }
    }
  }

  async #followed<T>(target: URL, request: RestRequest, read: (reply: RestReply) => Promise<T>): Promise<T> {
    let from = target
    for (let hops = 0; ; hops++) {
      try {
        const reply = await this.#sent(from, request)
        if (reply.status < 300) return await read(reply)
        const body = await textOf(reply)
        if (reply.status >= 400) throw new ServerRefusal(reply.status, reply.request, body)
        if (reply.status !== 302 || !request.redirects || hops === MOST_REDIRECTS)
          throw new CliError(
            EXIT.failed,
            `The server answered ${reply.status} to ${reply.request}, which is not followed.`
          )
        from = redirectTarget(reply.header('location'), from, this.#options.targets)
      } catch (error) {
        throw error instanceof CliError ? error : connectionLost(error, from)
      }
    }
  }

  async #sent(target: URL, request: RestRequest): Promise<RestReply> {
    const { authorization } = this.#options
    const { method, path, body, accept, idempotencyKey } = request
    const url = `${request.system ? systemUrlOf(target) : target.href}${path}`
    const answer = await send(url, {
      dispatcher: this.#agent,
      method,
      headers: {
        ...(authorization === null ? {} : { authorization }),
        accept: accept ?? 'application/json',
        ...(body === undefined ? {} : { 'content-type': 'application/json; charset=utf-8' }),
        ...(idempotencyKey === undefined ? {} : { 'idempotency-key': idempotencyKey }),
        'cache-control': 'no-cache',
        'user-agent': 'batchyard'
      },
      body: body ?? null
    })
    const header = (name: string) => {
      const value = answer.headers[name]
      return (Array.isArray(value) ? value[0] : value) ?? null
    }
    return { status: answer.statusCode, header, body: answer.body, request: `${method} ${url}` }
  }
}

async function textOf({ body, request }: RestReply): Promise<string> {
  const chunks: Buffer[] = []
  let size = 0
  for await (const chunk of body as AsyncIterable<Buffer>) {
    size += chunk.length
    if (size > LARGEST_JSON) {
      body.destroy()
      throw new CliError(EXIT.failed, `The answer to ${request} is too long.`)
    }
    chunks.push(chunk)
  }
  // A byte order mark is no part of the text.
  return new TextDecoder().decode(Buffer.concat(chunks))
}

/** The last one decides what may have arrived: those before it certainly did not, or may be sent again. */
function together(all: readonly ConnectionLost[]): ConnectionLost {
  const last = all.at(-1)!
  if (all.length === 1) return last
  const messages = all.map(({ message }) => message).join('; ')
  return new ConnectionLost(messages, last.mayHaveArrived, { cause: last })
}
