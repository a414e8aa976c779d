// Between a server and PostgreSQL: without it no test could cut, hold or count what passes at the very moment of a COMMIT.
import { once } from 'node:events'
import { connect, createServer, type Socket } from 'node:net'
import type { Teardown } from './database.ts'

/** What a client sends in one go: a simple query, or all messages up to its Sync. */
export interface Request {
  readonly link: Link
  /** SQL and values, as far as they can be read. */
  readonly text: string
}

/**
 * `pass`; `cutBefore`: not forwarded, both connections closed; `cutAfter`: forwarded, and the connections closed when
 * PostgreSQL has answered, without the answer; `holdOpen`: as cutBefore, but PostgreSQL's side stays open and knows nothing;
 * `drop`: not forwarded and never answered, both connections stay open.
 */
export type Verdict = 'pass' | 'cutBefore' | 'cutAfter' | 'holdOpen' | 'drop'

export interface Link {
  /** Of the request before this one; '' at first. */
  last: string
  /** All requests of its transaction before this one. */
  transaction: string
  /** A transaction of a thread's own session is under way. */
  inChunk: boolean
}

export interface TcpProxy {
  /** The database's, through the proxy. */
  readonly url: string
  /** Asked for each request, in order. */
  rule: (request: Request) => Verdict
  /** Chunks whose transaction is open now. */
  chunksOpen(): number
  /** Closes all connections, and new ones at once, until it is opened again. */
  close(): void
  open(): void
}

/** Messages that belong to a request which a Sync ends. */
const OF_EXTENDED = new Set(['P', 'B', 'D', 'E', 'C'])

const passAll = (): Verdict => 'pass'

export async function tcpProxy(t: Teardown, databaseUrl: string): Promise<TcpProxy> {
  const target = new URL(databaseUrl)
  const pairs = new Set<Pair>()
  const proxy = { rule: passAll as TcpProxy['rule'] }
  let isOpen = true
  const server = createServer(client => {
    if (!isOpen) {
      client.destroy()
      return
    }
    const upstream = connect(Number(target.port || 5432), target.hostname)
    const pair = new Pair(client, upstream, request => proxy.rule(request))
    pairs.add(pair)
    client.once('close', () => pairs.delete(pair))
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  t.teardown(async () => {
    server.close()
    for (const pair of pairs) pair.cut()
    for (const socket of Pair.held) socket.destroy()
    await once(server, 'close')
  })
  const url = new URL(databaseUrl)
  url.hostname = '127.0.0.1'
  url.port = String((server.address() as { port: number }).port)
  return Object.assign(proxy, {
    url: url.href,
    chunksOpen: () => [...pairs].filter(({ link }) => link.inChunk).length,
    close() {
      isOpen = false
      for (const pair of pairs) pair.cut()
    },
    open() {
      isOpen = true
    }
  })
}

class Pair {
  /** PostgreSQL's sides of connections that were cut with `holdOpen`. */
  static readonly held = new Set<Socket>()
  readonly link: Link = { last: '', transaction: '', inChunk: false }
  readonly #client: Socket
  readonly #upstream: Socket
  readonly #ask: (request: Request) => Verdict
  #buffer = Buffer.alloc(0)
  #request: Buffer[] = []
  /** SQL of the statements that this connection has prepared, by name. */
  readonly #prepared = new Map<string, string>()
  #started = false
  #dropAnswer = false

  constructor(client: Socket, upstream: Socket, ask: (request: Request) => Verdict) {
    this.#client = client
    this.#upstream = upstream
    this.#ask = ask
    client.setNoDelay(true)
    upstream.setNoDelay(true)
    client.on('error', () => {})
    upstream.on('error', () => {})
    client.on('data', (data: Buffer) => this.#sent(data))
    upstream.on('data', (data: Buffer) => this.#answered(data))
    // What was forwarded before the client went must arrive: a COMMIT of a server that was killed may stand.
    client.on('close', () => {
      this.link.inChunk = false
      if (!Pair.held.has(upstream)) upstream.end()
    })
    upstream.on('close', () => client.destroy())
  }

  cut(): void {
    this.#client.destroy()
    this.#upstream.destroy()
  }

  #answered(data: Buffer): void {
    if (this.#dropAnswer) this.cut()
    else if (!this.#client.destroyed) this.#client.write(data)
  }

  #sent(data: Buffer): void {
    this.#buffer = Buffer.concat([this.#buffer, data])
    // The first message has no type.
    for (;;) {
      const head = this.#started ? 1 : 0
      if (this.#buffer.length < head + 4) return
      const length = head + this.#buffer.readInt32BE(head)
      if (this.#buffer.length < length) return
      const message = this.#buffer.subarray(0, length)
      this.#buffer = this.#buffer.subarray(length)
      const type = this.#started ? String.fromCharCode(message[0]!) : ''
      this.#started = true
      this.#message(type, message)
      if (this.#client.destroyed) return
    }
  }

  #message(type: string, message: Buffer): void {
    if (OF_EXTENDED.has(type)) {
      this.#request.push(message)
      return
    }
    if (type === 'Q' || type === 'S') {
      const messages = [...this.#request, message]
      this.#request = []
      this.#decide(Buffer.concat(messages), this.#sqlOf(messages))
    } else {
      this.#upstream.write(Buffer.concat([...this.#request, message]))
      this.#request = []
    }
  }

  /** The SQL of what was prepared before and is run now: its text does not travel again. */
  #sqlOf(messages: readonly Buffer[]): string {
    const sql: string[] = []
    const parsed = new Set<string>()
    for (const message of messages) {
      const type = String.fromCharCode(message[0]!)
      const [first = '', second = ''] = message.subarray(5).toString('latin1').split('\0', 2)
      if (type === 'P') {
        this.#prepared.set(first, second)
        parsed.add(first)
      } else if (type === 'B' && !parsed.has(second)) sql.push(this.#prepared.get(second) ?? '')
    }
    return sql.join('')
  }

  #decide(bytes: Buffer, prepared: string): void {
    const text = bytes.toString('latin1') + prepared
    const verdict = this.#ask({ link: this.link, text })
    this.link.last = text
    this.link.transaction = isBegin(text) ? '' : `${this.link.transaction}\n${text}`
    // A chunk that uses its connection says `begin` in lower case; the pool's transactions do not.
    if (isChunkBegin(text)) this.link.inChunk = true
    else if (isCommit(text) || /^Q....rollback\0/s.test(text)) this.link.inChunk = false
    switch (verdict) {
      case 'pass':
        this.#upstream.write(bytes)
        return
      case 'cutBefore':
        this.cut()
        return
      case 'cutAfter':
        this.#dropAnswer = true
        this.#upstream.write(bytes)
        return
      case 'holdOpen':
        Pair.held.add(this.#upstream)
        this.#client.destroy()
        return
      case 'drop':
    }
  }
}

function isBegin(text: string): boolean {
  return /^Q....begin/is.test(text)
}

function isChunkBegin(text: string): boolean {
  return /^Q....begin(;|\0)/s.test(text)
}

/** A COMMIT of its own, of a chunk (`commit`) or of the pool (`COMMIT;`). */
export function isCommit(text: string): boolean {
  return /^Q....commit;?\0/is.test(text)
}

/** The guarded write of a chunk's checkpoint: with the connection unused it is the commit itself. */
export function isChunkGuard(text: string): boolean {
  return /batchyard_chunk_commit(_collecting)?\0/.test(text)
}

/** The COMMIT of a chunk whose writer used the connection. */
export function isChunkCommit({ text, link }: Request): boolean {
  return isCommit(text) && isChunkGuard(link.last)
}
