// Submits the jobs of the application `Bench` and follows them to their end, as an operator's client would: over REST only.
import { setTimeout as delay } from 'node:timers/promises'
import type { HttpConnection } from './http-connection.ts'

const BASE = '/ibm/api/batch/v4'
const FOLLOW_EVERY_MS = 2

/** Gives the instance id. `jobXML`: the JSL itself, instead of the packaged one. */
export async function submit(
  http: HttpConnection,
  jobXMLName: string,
  jobParameters: Readonly<Record<string, string>> = {},
  jobXML?: string
): Promise<number> {
  const body = JSON.stringify({ applicationName: 'Bench', jobXMLName, jobParameters, jobXML })
  const answer = await http.request('POST', `${BASE}/jobinstances`, body)
  if (answer.status !== 201) throw new Error(`a submit was answered ${answer.status}: ${answer.body}`)
  return (JSON.parse(answer.body) as { instanceId: number }).instanceId
}

/** Asks again and again; throws for any other end than COMPLETED. */
export async function followToCompleted(
  http: HttpConnection,
  instanceId: number,
  everyMs = FOLLOW_EVERY_MS
): Promise<void> {
  for (;;) {
    const { status, body } = await http.request('GET', `${BASE}/jobinstances/${instanceId}`)
    if (status !== 200) throw new Error(`instance ${instanceId} was answered ${status}: ${body}`)
    const { instanceState } = JSON.parse(body) as { instanceState: string }
    if (instanceState === 'COMPLETED') return
    if (instanceState !== 'SUBMITTED' && instanceState !== 'DISPATCHED')
      throw new Error(`instance ${instanceId} is ${instanceState}`)
    await delay(everyMs)
  }
}

/** Asks for a stop of the instance's execution, or a restart; throws when it is refused. */
export async function change(
  http: HttpConnection,
  instanceId: number,
  action: 'stop' | 'restart'
): Promise<void> {
  const { status, body } = await http.request('PUT', `${BASE}/jobinstances/${instanceId}?action=${action}`)
  if (status !== 200) throw new Error(`${action} of instance ${instanceId} was answered ${status}: ${body}`)
}

/** Asks again and again until the instance has this state. */
export async function followTo(
  http: HttpConnection,
  instanceId: number,
  state: string,
  signal: AbortSignal
): Promise<void> {
  for (;;) {
    const { body } = await http.request('GET', `${BASE}/jobinstances/${instanceId}`)
    if ((JSON.parse(body) as { instanceState: string }).instanceState === state) return
    signal.throwIfAborted()
    await delay(FOLLOW_EVERY_MS)
  }
}

/** Of the instance's first execution. */
export async function exitStatusOf(http: HttpConnection, instanceId: number): Promise<string> {
  const { body } = await http.request('GET', `${BASE}/jobinstances/${instanceId}/jobexecutions/0`)
  return (JSON.parse(body) as { exitStatus: string }).exitStatus
}
