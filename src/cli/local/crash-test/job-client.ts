// The few requests of a crash test: submit, restart, look; over HTTP, as any client makes them.
import { setTimeout as delay } from 'node:timers/promises'
import { CliError } from '../../cli-error.ts'

export interface JobSubmission {
  readonly applicationName: string
  readonly jobXMLName: string
  readonly jobParameters: Readonly<Record<string, string>>
}

export interface ExecutionSeen {
  readonly executionId: number
  readonly batchStatus: string
  readonly exitStatus: string | null
}

export interface JobClient {
  /** The instance's id. */
  submit(submission: JobSubmission): Promise<number>
  restart(instanceId: number): Promise<void>
  /** Its executions, the newest first. */
  executions(instanceId: number): Promise<readonly ExecutionSeen[]>
  /** Resolves with the newest execution when it is the `count`th or later and has ended. */
  ended(instanceId: number, count: number): Promise<ExecutionSeen>
  /** All of the instance's job logs as text. */
  jobLog(instanceId: number): Promise<string>
}

const POLL_MS = 50
const ENDED = new Set(['COMPLETED', 'FAILED', 'STOPPED', 'ABANDONED'])

/** Each call rejects with the server's answer unless that is a success, and when `signal` is aborted. */
export function createJobClient(serverUrl: string, signal: AbortSignal): JobClient {
  const call = async (path: string, method = 'GET', body?: unknown) => {
    const response = await fetch(`${serverUrl}/ibm/api/batch${path}`, {
      method,
      signal,
      ...(body === undefined
        ? {}
        : { headers: { 'content-type': 'application/json' }, body: JSON.stringify(body) })
    })
    if (response.ok) return response
    const said = await response.text()
    throw new CliError(1, `The server refuses ${method} ${path} (${response.status}): ${detailOf(said)}`)
  }
  const executions = async (instanceId: number) =>
    (await (await call(`/jobinstances/${instanceId}/jobexecutions`)).json()) as ExecutionSeen[]
  return {
    async submit(submission) {
      const answer = await call('/jobinstances', 'POST', submission)
      return ((await answer.json()) as { instanceId: number }).instanceId
    },
    async restart(instanceId) {
      await call(`/jobinstances/${instanceId}?action=restart&reusePreviousParams=true`, 'PUT')
    },
    executions,
    async ended(instanceId, count) {
      for (;;) {
        const seen = await executions(instanceId)
        const newest = seen[0]
        if (newest !== undefined && seen.length >= count && ENDED.has(newest.batchStatus)) return newest
        await delay(POLL_MS, null, { signal })
      }
    },
    jobLog: async instanceId => (await call(`/jobinstances/${instanceId}/joblogs?type=text`)).text()
  }
}

/** The sentence of an error body. */
function detailOf(body: string): string {
  try {
    return (JSON.parse(body) as { detail?: string }).detail ?? body
  } catch {
    return body // not from a Batchyard server
  }
}
