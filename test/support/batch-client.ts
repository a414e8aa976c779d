// The calls of the batch REST API that tests make of a server process, as any client would make them.
import { setTimeout as delay } from 'node:timers/promises'

/** A record as the server sent it; tests look at what they are about. */
// oxlint-disable-next-line typescript/no-explicit-any
export type Json = any

export interface Answer {
  readonly status: number
  readonly headers: Headers
  readonly text: string
  readonly json: Json
}

export interface BatchClient {
  /** Below /ibm/api/batch; an object body is sent as JSON. */
  call(method: string, path: string, body?: object | string | FormData): Promise<Answer>
  get(path: string): Promise<Json>
  /** The instance id. */
  submit(application: string, jobXMLName: string, jobParameters?: Record<string, string>): Promise<number>
  /** The newest execution, once it has one of these batch statuses. */
  when(instanceId: number, ...batchStatuses: readonly string[]): Promise<Json>
  ended(instanceId: number): Promise<Json>
}

const PATIENCE_MS = 150_000

/** `server.url` is read at each call. */
export function batchClient(server: { readonly url: string }): BatchClient {
  const call = async (method: string, path: string, body?: object | string | FormData): Promise<Answer> => {
    const plain = body === undefined || typeof body === 'string' || body instanceof FormData
    const answer = await fetch(`${server.url}/ibm/api/batch${path}`, {
      method,
      redirect: 'manual',
      ...(body === undefined ? {} : { body: plain ? body : JSON.stringify(body) }),
      ...(body === undefined || body instanceof FormData
        ? {}
        : { headers: { 'content-type': 'application/json' } })
    })
    const text = await answer.text()
    const json = /json/.test(answer.headers.get('content-type') ?? '') ? (JSON.parse(text) as Json) : null
    return { status: answer.status, headers: answer.headers, text, json }
  }
  const get = async (path: string): Promise<Json> => {
    const answer = await call('GET', path)
    if (answer.status !== 200) throw new Error(`GET ${path}: ${answer.status} ${answer.text}`)
    return answer.json as Json
  }
  const when = async (instanceId: number, ...batchStatuses: readonly string[]): Promise<Json> => {
    for (const deadline = Date.now() + PATIENCE_MS; ; await delay(25)) {
      const [newest] = (await get(`/jobinstances/${instanceId}/jobexecutions`)) as Json[]
      if (batchStatuses.includes(newest?.batchStatus as string)) return newest as Json
      if (Date.now() > deadline)
        throw new Error(`${JSON.stringify(newest)} and not ${batchStatuses.join(' or ')}`)
    }
  }
  return {
    call,
    get,
    when,
    ended: instanceId => when(instanceId, 'COMPLETED', 'FAILED', 'STOPPED', 'ABANDONED'),
    async submit(applicationName, jobXMLName, jobParameters = {}) {
      const answer = await call('POST', '/jobinstances', { applicationName, jobXMLName, jobParameters })
      if (answer.status !== 201) throw new Error(`${answer.status} ${answer.text}`)
      return answer.json.instanceId as number
    }
  }
}
