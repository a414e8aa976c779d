// The few calls of the batch REST API the demo needs, as any client would make them.

export interface JobExecution {
  readonly executionId: number
  readonly batchStatus: string
  readonly exitStatus: string
  readonly logpath: string
}

export interface StepExecution {
  readonly stepName: string
  readonly batchStatus: string
  readonly exitStatus: string
  readonly metrics: Readonly<Record<string, string>>
  readonly partitions: readonly {
    readonly partitionNumber: number
    readonly batchStatus: string
    readonly exitStatus: string
  }[]
}

export interface Submission {
  readonly applicationName: string
  readonly jobXMLName: string
  readonly jobParameters: Readonly<Record<string, string>>
}

export interface BatchClient {
  submit(submission: Submission): Promise<{ readonly instanceId: number }>
  /** The newest execution of an instance; `null` before there is one. */
  newestExecution(instanceId: number): Promise<JobExecution | null>
  stepExecutions(executionId: number): Promise<readonly StepExecution[]>
  /** All parts of the job log, as text. */
  jobLog(executionId: number): Promise<string>
}

/** Every call throws an Error with the server's answer unless that is a success, and when the signal is aborted. */
export function createBatchClient(serverUrl: string, signal: AbortSignal): BatchClient {
  async function call(path: string, options: RequestInit = {}): Promise<Response> {
    const response = await fetch(`${serverUrl}/ibm/api/batch${path}`, { ...options, signal })
    if (response.ok) return response
    throw new Error(
      `${options.method ?? 'GET'} ${path} was answered ${response.status}: ${await response.text()}`
    )
  }
  const json = async <T>(path: string, options?: RequestInit) =>
    (await call(path, options)).json() as Promise<T>
  return {
    submit: submission =>
      json('/jobinstances', {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify(submission)
      }),
    newestExecution: async instanceId =>
      (await json<JobExecution[]>(`/jobinstances/${instanceId}/jobexecutions`))[0] ?? null,
    // The last element of the array holds the links, not a step.
    stepExecutions: async executionId =>
      (await json<StepExecution[]>(`/jobexecutions/${executionId}/stepexecutions`)).slice(0, -1),
    jobLog: async executionId => (await call(`/jobexecutions/${executionId}/joblogs?type=text`)).text()
  }
}
