// A server that answers as a test says, and remembers what it was asked: for what no sound server does.
import { once } from 'node:events'
import { createServer, type IncomingMessage, request, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import type { Teardown } from '../support/database.ts'

export interface HttpStandIn {
  /** `http://127.0.0.1:<port>` */
  readonly url: string
  readonly asked: IncomingMessage[]
  /** `POST /ibm/api/batch/jobinstances`, in order. */
  requests(): string[]
}

export async function httpStandIn(
  t: Teardown,
  answer: (request: IncomingMessage, response: ServerResponse) => void
): Promise<HttpStandIn> {
  const asked: IncomingMessage[] = []
  const server = createServer((request, response) => {
    asked.push(request)
    answer(request, response)
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  t.teardown(async () => {
    server.closeAllConnections()
    server.close()
    await once(server, 'close')
  })
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  return { url, asked, requests: () => asked.map(({ method, url }) => `${method} ${url}`) }
}

/** Hands the request to the server at `url`; `lose`: it is carried out, and the connection broken after this. */
export function passOn(
  url: string,
  incoming: IncomingMessage,
  response: ServerResponse,
  lose: (() => unknown) | null = null
): void {
  const { host: _, ...headers } = incoming.headers
  const outgoing = request(`${url}${incoming.url}`, { method: incoming.method!, headers }, answer => {
    if (lose === null) answer.pipe(response.writeHead(answer.statusCode!, answer.headers))
    else
      answer.resume().once('end', async () => {
        await lose()
        response.destroy()
      })
  })
  outgoing.on('error', () => response.destroy())
  incoming.pipe(outgoing)
}

export function json(response: ServerResponse, body: unknown, status = 200): void {
  response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body))
}
