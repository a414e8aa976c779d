// A client of the routes of definitions and schedules, on a whole server: what it sends is JSON, what it gets is looked at by tests.
import type { TestApp } from '../../support/build-app.ts'
import { until } from '../../support/until.ts'

export type Method = 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE'

export interface Asked {
  readonly body?: unknown
  readonly headers?: Readonly<Record<string, string>>
}

export function clientOf({ http }: Pick<TestApp, 'http'>, user: Readonly<Record<string, string>> = {}) {
  const ask = async (method: Method, url: string, { body, headers = {} }: Asked = {}) => {
    const json = body === undefined ? {} : { 'content-type': 'application/json' }
    const answer = await http.inject({
      method,
      url: `/api/v1${url}`,
      headers: { ...user, ...json, ...headers },
      ...(body === undefined ? {} : { payload: JSON.stringify(body) })
    })
    return {
      status: answer.statusCode,
      headers: answer.headers,
      text: answer.body,
      json: answer.headers['content-type']?.toString().includes('json') === true ? answer.json() : null
    }
  }
  return {
    ask,
    get: (url: string) => ask('GET', url),
    post: (url: string, body?: unknown) => ask('POST', url, { body }),
    /** Sends back the tag of what is there. */
    async put(url: string, body: unknown) {
      const { headers } = await ask('GET', url)
      return await ask('PUT', url, { body, headers: { 'if-match': String(headers['etag']) } })
    },
    /** The run, once it has ended. */
    async ended(instanceId: number) {
      return await until(`run ${instanceId} has ended`, async () => {
        const { json } = await ask('GET', `/runs/${instanceId}`)
        return json.endTime === null ? null : json
      })
    }
  }
}

export type Client = ReturnType<typeof clientOf>

/** A definition of one batchlet step that ends at once. */
export async function quickDefinition(
  client: Client,
  name = 'quick',
  parameters: object = {}
): Promise<void> {
  const step = '<step id="only"><batchlet ref="simpleBatchlet"/></step>'
  const jsl = `<job id="${name}" xmlns="http://xmlns.jcp.org/xml/ns/javaee" version="1.0">${step}</job>`
  const { status, text } = await client.post('/definitions', {
    name,
    application: 'SimpleBatchJob',
    jsl,
    parameters
  })
  if (status !== 201) throw new Error(text)
}

/** One that sleeps until it is stopped, or for some seconds. */
export async function sleepyDefinition(client: Client, name: string, seconds = 300): Promise<void> {
  const jsl = `<job id="${name}" xmlns="http://xmlns.jcp.org/xml/ns/javaee" version="1.0"><step id="s">
    <batchlet ref="sleepyBatchlet"><properties><property name="sleep.time.seconds" value="${seconds}"/></properties></batchlet>
  </step></job>`
  const { status, text } = await client.post('/definitions', { name, application: 'SimpleBatchJob', jsl })
  if (status !== 201) throw new Error(text)
}
