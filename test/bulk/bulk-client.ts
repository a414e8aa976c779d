// Bulk jobs as a client asks for them, on a server in the test's process.
import { Readable } from 'node:stream'
import type { TestApp } from '../support/build-app.ts'
import { until } from '../support/until.ts'

export interface Answer {
  readonly status: number
  readonly headers: Readonly<Record<string, unknown>>
  readonly text: string
  // Bodies are looked at by the tests.
  // oxlint-disable-next-line typescript/no-explicit-any
  readonly json: any
}

export type Call = (
  method: 'GET' | 'POST' | 'PUT' | 'DELETE',
  url: string,
  body?: unknown,
  headers?: Record<string, string>
) => Promise<Answer>

/** Paths below /api/v1. */
export function caller({ http }: Pick<TestApp, 'http'>): Call {
  return async (method, url, body, headers = {}) => {
    const isText = typeof body === 'string' || Buffer.isBuffer(body) || body instanceof Readable
    const type = isText ? 'text/csv' : 'application/json'
    const answer = await http.inject({
      method,
      url: `/api/v1${url}`,
      headers: { ...(body === undefined ? {} : { 'content-type': type }), ...headers },
      ...(body === undefined ? {} : { payload: (isText ? body : JSON.stringify(body)) as string })
    })
    const isJSON = String(answer.headers['content-type']).includes('json')
    return {
      status: answer.statusCode,
      headers: answer.headers,
      text: answer.payload,
      json: isJSON ? (JSON.parse(answer.payload) as unknown) : null
    }
  }
}

/** `count` rows, keys `key 1`, `key 2` …, URL-encoded. */
export function manifestOf(count: number, bucket = 'b'): string {
  return Array.from({ length: count }, (_, index) => `${bucket},key%20${index + 1}\n`).join('')
}

export async function upload(call: Call, csv: string): Promise<string> {
  const { status, json, text } = await call('POST', '/manifests', csv)
  if (status !== 201) throw new Error(`${status} ${text}`)
  return (json as { manifestId: string }).manifestId
}

let tokens = 0

/** A creation over a stored manifest, and what is to be another. */
export function creation(manifestId: string, more: Readonly<Record<string, unknown>> = {}) {
  return {
    clientRequestToken: `token ${++tokens}`,
    priority: 10,
    manifest: { location: { manifestId }, spec: { format: 'CSV', fields: ['Bucket', 'Key'] } },
    operation: failEvery({}),
    ...more
  }
}

export function failEvery(properties: Readonly<Record<string, string>>) {
  return { artifact: { application: 'Bulk', ref: 'failEvery', properties } }
}

/** Its id. */
export async function create(call: Call, body: unknown): Promise<string> {
  const { status, json, text } = await call('POST', '/jobs', body)
  if (status !== 201) throw new Error(`${status} ${text}`)
  return (json as { jobId: string }).jobId
}

/** The bulk job, once it has one of these statuses. */
export async function when(call: Call, jobId: string, ...statuses: readonly string[]) {
  let last = ''
  try {
    return await until(`bulk job ${jobId} is ${statuses.join(' or ')}`, async () => {
      const { json } = await call('GET', `/jobs/${jobId}`)
      last = JSON.stringify(json)
      return statuses.includes(json.status) ? json : null
    })
  } catch (error) {
    throw new Error(`${(error as Error).message}; it is ${last}`, { cause: error })
  }
}

export const FINAL = ['Complete', 'Cancelled', 'Failed'] as const

/** Every status it had, in order. */
export async function statusesOf(call: Call, jobId: string): Promise<string[]> {
  const { json } = await call('GET', `/jobs/${jobId}/events?limit=1000`)
  return (json.items as { status: string }[]).map(({ status }) => status)
}
