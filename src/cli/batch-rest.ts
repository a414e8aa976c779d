// The batch REST API as the commands use it, each request with the answer to: what if its connection breaks?
import { randomUUID } from 'node:crypto'
import {
  type ExplanationRecord,
  explanationRecord,
  type RestartPreview,
  restartPreview
} from './advice-records.ts'
import {
  executionRecord,
  instanceRecord,
  listOf,
  objectOf,
  stepRecords,
  type ExecutionRecord,
  type InstanceRecord,
  type StepRecord
} from './batch-records.ts'
import { CliError, EXIT } from './cli-error.ts'
import { ConnectionLost } from './connection-lost.ts'
import type { RestClient, RestReply } from './rest-client.ts'
import { ServerRefusal } from './server-refusal.ts'

export type JobId =
  | { readonly kind: 'jobinstances'; readonly id: number }
  | { readonly kind: 'jobexecutions'; readonly id: number }

export interface Restart {
  readonly jobId: JobId
  readonly instanceId: number
  /** The newest execution before; null: there was none. */
  readonly newest: number | null
  readonly jobParameters: Readonly<Record<string, string>>
  readonly reusePreviousParams: boolean
}

const REDIRECT = 'permitRedirect=true'

export class BatchRest {
  readonly #client: RestClient

  constructor(client: RestClient) {
    this.#client = client
  }

  async instance(instanceId: number): Promise<InstanceRecord> {
    return instanceRecord(await this.#get(`/jobinstances/${instanceId}`))
  }

  async instanceOf(executionId: number): Promise<InstanceRecord> {
    return instanceRecord(await this.#get(`/jobexecutions/${executionId}/jobinstance`))
  }

  /** Newest first. */
  async executions(instanceId: number): Promise<ExecutionRecord[]> {
    return listOf(await this.#get(`/jobinstances/${instanceId}/jobexecutions`), executionRecord)
  }

  async execution(executionId: number): Promise<ExecutionRecord> {
    return executionRecord(await this.#get(`/jobexecutions/${executionId}`))
  }

  async steps(executionId: number): Promise<StepRecord[]> {
    return stepRecords(await this.#get(`/jobexecutions/${executionId}/stepexecutions`))
  }

  async instances(query: URLSearchParams, filtered: boolean): Promise<Readonly<Record<string, unknown>>[]> {
    return listOf(await this.#get(`${filtered ? '/v2' : ''}/jobinstances?${query.toString()}`), objectOf)
  }

  /**
   * One job instance, however often it has to be sent: a repetition carries the same Idempotency-Key, and goes only to a
   * server that is known to heed it. Liberty does not.
   */
  async submit(submission: object): Promise<InstanceRecord> {
    const request = {
      method: 'POST',
      path: '/jobinstances',
      body: JSON.stringify(submission),
      idempotencyKey: randomUUID(),
      redirects: false
    } as const
    try {
      return instanceRecord(await this.#client.json({ ...request, repeat: 'once' }))
    } catch (error) {
      if (!isInDoubt(error)) throw error
      for (let tries = 1; tries <= this.#client.targets.length; tries++) {
        if (!(await this.#heedsKeys())) break
        try {
          return instanceRecord(await this.#client.json({ ...request, repeat: 'here' }))
        } catch (again) {
          if (!(again instanceof ConnectionLost)) throw again
        }
      }
      throw inDoubt(error, 'submitted')
    }
  }

  /** Repeated as the restart of the execution that was the newest: once that is outrun, servers refuse it. */
  async restart(restart: Restart): Promise<InstanceRecord> {
    const { instanceId, newest, jobParameters, reusePreviousParams } = restart
    const send = async ({ kind, id }: JobId) =>
      instanceRecord(
        await this.#client.json({
          method: 'PUT',
          path: `/${kind}/${id}?action=restart&reusePreviousParams=${reusePreviousParams}`,
          body: JSON.stringify({ jobParameters }),
          repeat: 'once',
          redirects: false
        })
      )
    try {
      return await send(restart.jobId)
    } catch (error) {
      if (!isInDoubt(error)) throw error
      if (newest === null) throw inDoubt(error, 'restarted')
      try {
        return await send({ kind: 'jobexecutions', id: newest })
      } catch (second) {
        if (!(second instanceof ServerRefusal)) throw inDoubt(error, 'restarted')
        const [now] = await this.executions(instanceId)
        if (now === undefined || now.executionId === newest) throw second
        return await this.instance(instanceId)
      }
    }
  }

  /** Changes nothing. Only a server of this project is asked: Liberty would overlook `dryRun`, and restart it. */
  async previewRestart({
    jobId,
    jobParameters,
    reusePreviousParams
  }: Omit<Restart, 'newest'>): Promise<RestartPreview> {
    if (!(await this.#heedsKeys()))
      throw new CliError(EXIT.failed, 'This server knows no --dryRun. Nothing was asked of it.')
    const query = `action=restart&dryRun=true&reusePreviousParams=${reusePreviousParams}`
    return restartPreview(
      await this.#client.json({
        method: 'PUT',
        path: `/${jobId.kind}/${jobId.id}?${query}`,
        body: JSON.stringify({ jobParameters }),
        // The one that has just shown what it is.
        repeat: 'here',
        redirects: false
      })
    )
  }

  /** Why something waits. `path`: below `/explain`. */
  async explanation(path: string): Promise<ExplanationRecord> {
    return explanationRecord(
      await this.#client.json({
        method: 'GET',
        path: `/explain/${path}`,
        system: true,
        repeat: 'safe',
        redirects: false
      })
    )
  }

  /** The execution; `{}` from Liberty for an instance that has none. */
  async stop({ kind, id }: JobId): Promise<Readonly<Record<string, unknown>>> {
    const path = `/${kind}/${id}?action=stop&${REDIRECT}`
    const request = { method: 'PUT', path, repeat: 'once', redirects: true } as const
    try {
      return objectOf(await this.#client.json(request))
    } catch (error) {
      if (!isInDoubt(error)) throw error
      // Stopping again does no harm: what is STOPPING stays so, and what has ended is refused.
      try {
        return objectOf(await this.#client.json({ ...request, repeat: 'safe' }))
      } catch (second) {
        if (!(second instanceof ServerRefusal && second.status === 409)) throw second
        const path = kind === 'jobinstances' ? `/jobinstances/${id}/jobexecutions` : `/jobexecutions/${id}`
        const answer = await this.#get(path)
        const newest = Array.isArray(answer) ? listOf(answer, objectOf)[0] : objectOf(answer)
        // Stopped: the first one arrived, and its work is done.
        if (newest?.['batchStatus'] !== 'STOPPED') throw second
        return newest
      }
    }
  }

  async purge(instanceId: number, jobStoreOnly: boolean): Promise<void> {
    const path = `/jobinstances/${instanceId}?purgeJobStoreOnly=${jobStoreOnly}&${REDIRECT}`
    const request = { method: 'DELETE', path, repeat: 'once', redirects: true } as const
    try {
      await this.#client.done(request)
    } catch (error) {
      if (!isInDoubt(error)) throw error
      try {
        await this.#client.done({ ...request, repeat: 'safe' })
      } catch (second) {
        // Gone: the first one arrived.
        if (!(second instanceof ServerRefusal && second.isNoSuchInstance)) throw second
      }
    }
  }

  /** Not repeated: the first page of what is left would be other instances. */
  async purgeAll(
    query: URLSearchParams,
    jobStoreOnly: boolean
  ): Promise<Readonly<Record<string, unknown>>[]> {
    const path = `/v2/jobinstances?${query.toString()}&purgeJobStoreOnly=${jobStoreOnly}&${REDIRECT}`
    try {
      const json = await this.#client.json({ method: 'DELETE', path, repeat: 'once', redirects: true })
      return listOf(json, objectOf)
    } catch (error) {
      throw isInDoubt(error) ? inDoubt(error, 'purged') : error
    }
  }

  async jobLog({ kind, id }: JobId, type: string): Promise<RestReply> {
    const path = `/${kind}/${id}/joblogs?type=${type}&${REDIRECT}`
    const accept = 'application/zip, text/plain'
    return await this.#client.stream({ method: 'GET', path, accept, repeat: 'safe', redirects: true })
  }

  async #get(path: string): Promise<unknown> {
    return await this.#client.json({ method: 'GET', path, repeat: 'safe', redirects: true })
  }

  /** A server of this project shows itself by how it refuses an id that is none. */
  async #heedsKeys(): Promise<boolean> {
    try {
      await this.#get('/jobinstances/none')
      return false
    } catch (error) {
      return error instanceof ServerRefusal && error.isOurs
    }
  }
}

function isInDoubt(error: unknown): error is ConnectionLost {
  return error instanceof ConnectionLost && error.mayHaveArrived
}

function inDoubt(lost: ConnectionLost, done: string): CliError {
  return new CliError(
    EXIT.failed,
    `${lost.message}. Nobody can tell whether this was ${done}: look with listJobs or status before you try again.`,
    { cause: lost }
  )
}
