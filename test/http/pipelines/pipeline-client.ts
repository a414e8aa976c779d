// Pipelines for tests: definitions of one kind each, and a client of their batches that takes its paths as they stand.
import type { Client } from '../schedules/scheduling-client.ts'

const XMLNS = 'xmlns="http://xmlns.jcp.org/xml/ns/javaee" version="1.0"'

/** `elements`: what stands in the job. */
export async function pipeline(
  client: Client,
  name: string,
  elements: string,
  parameters: object = {}
): Promise<void> {
  const jsl = `<job id="${name}" ${XMLNS}>${elements}</job>`
  const definition = { name, application: 'SimpleBatchJob', jsl, parameters }
  const { status, text } = await client.post('/definitions', definition)
  if (status !== 201) throw new Error(text)
}

export function step(id: string, ref: string, next: string | null = null, properties = ''): string {
  const to = next === null ? '' : ` next="${next}"`
  return `<step id="${id}"${to}><batchlet ref="${ref}"><properties>${properties}</properties></batchlet></step>`
}

/** Numbers 1 to `items`, 10 to a chunk. */
export function chunk(id: string, properties: Readonly<Record<string, string | number>>, more = ''): string {
  const all = Object.entries(properties)
    .map(([name, value]) => `<property name="${name}" value="${value}"/>`)
    .join('')
  return `<step id="${id}"><chunk item-count="10"><reader ref="countingReader"><properties>${all}</properties></reader>
    <writer ref="countingWriter"/></chunk>${more}</step>`
}

/** Sleeps for minutes, a second at a time, until it is stopped. */
export const sleeping = (id: string, next: string | null = null): string =>
  step(id, 'sleepyBatchlet', next, '<property name="sleep.time.seconds" value="300"/>')

/** The batch's id. */
export async function started(client: Client, name: string): Promise<string> {
  const { status, text, json } = await client.post(`/batches/${name}`)
  if (status !== 200) throw new Error(text)
  return json.item
}

export const instanceOf = (batchId: string): number => Number(batchId.replace(/^batch-/, ''))
