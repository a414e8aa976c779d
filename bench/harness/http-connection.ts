// An HTTP/1.1 client of one kept connection: on a small machine the usual ones cost more than the server that is measured.
import { once } from 'node:events'
import { connect, type Socket } from 'node:net'

export interface HttpAnswer {
  readonly status: number
  readonly body: string
}

interface Awaited {
  readonly resolve: (answer: HttpAnswer) => void
  readonly reject: (error: Error) => void
}

/** One request at a time; answers must have a Content-Length, which the server's JSON has. */
export class HttpConnection {
  readonly #socket: Socket
  #received: Buffer = Buffer.alloc(0)
  #awaited: Awaited | null = null

  constructor(socket: Socket) {
    this.#socket = socket
    socket.setNoDelay(true)
    socket.on('data', (data: Buffer) => this.#receive(data))
    socket.on('error', error => this.#fail(error))
    socket.on('close', () => this.#fail(new Error('the server closed the connection')))
  }

  request(method: string, path: string, body: string | null = null): Promise<HttpAnswer> {
    const { promise, resolve, reject } = Promise.withResolvers<HttpAnswer>()
    this.#awaited = { resolve, reject }
    const head = `${method} ${path} HTTP/1.1\r\nhost: 127.0.0.1:${this.#socket.remotePort}\r\n`
    const content =
      body === null
        ? '\r\n'
        : `content-type: application/json\r\ncontent-length: ${Buffer.byteLength(body)}\r\n\r\n${body}`
    this.#socket.write(head + content)
    return promise
  }

  close(): void {
    this.#awaited = null
    this.#socket.destroy()
  }

  #receive(data: Buffer): void {
    this.#received = this.#received.length === 0 ? data : Buffer.concat([this.#received, data])
    const headEnd = this.#received.indexOf('\r\n\r\n')
    if (headEnd < 0) return
    const head = this.#received.toString('latin1', 0, headEnd)
    const length = /^content-length: *(\d+)/im.exec(head)
    if (length === null) return this.#fail(new Error(`an answer without its length: ${head}`))
    const end = headEnd + 4 + Number(length[1])
    if (this.#received.length < end) return
    const body = this.#received.toString('utf8', headEnd + 4, end)
    this.#received = this.#received.subarray(end)
    const awaited = this.#awaited
    this.#awaited = null
    awaited?.resolve({ status: Number(head.slice(9, 12)), body })
  }

  #fail(error: Error): void {
    const awaited = this.#awaited
    this.#awaited = null
    awaited?.reject(error)
  }
}

export async function openHttpConnection(url: string): Promise<HttpConnection> {
  const { hostname, port } = new URL(url)
  const socket = connect({ host: hostname, port: Number(port) })
  await once(socket, 'connect')
  return new HttpConnection(socket)
}
