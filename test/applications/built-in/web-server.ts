// A real web server on 127.0.0.1 that answers as a test says and remembers what it was asked.
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import { once } from 'node:events'
import type { AddressInfo } from 'node:net'
import { text } from 'node:stream/consumers'

export interface Asked {
  readonly method: string
  readonly path: string
  readonly headers: IncomingMessage['headers']
  readonly body: string
}

export interface WebServer {
  /** `http://127.0.0.1:port` */
  readonly origin: string
  readonly asked: Asked[]
}

export type Answer = (asked: Asked, response: ServerResponse) => void

interface Teardown {
  teardown(what: () => Promise<void>): void
}

export async function webServer(t: Teardown, answer: Answer): Promise<WebServer> {
  const asked: Asked[] = []
  const server = createServer((request, response) => {
    void text(request).then(body => {
      const one = { method: request.method!, path: request.url!, headers: request.headers, body }
      asked.push(one)
      answer(one, response)
    })
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  t.teardown(async () => {
    server.closeAllConnections()
    server.close()
    await once(server, 'close')
  })
  return { origin: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, asked }
}

/** Answers with a document. */
export function json(
  response: ServerResponse,
  document: unknown,
  headers: Record<string, string> = {}
): void {
  response.writeHead(200, { 'content-type': 'application/json', ...headers }).end(JSON.stringify(document))
}
