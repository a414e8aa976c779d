// JSR-352's JobOperator over the batch REST API: what a case calls, and what an artifact that injects a JobOperator gets.

export class JobOperatorException extends Error {
  /** `name` is the simple name of JSR-352's exception. */
  constructor(name: string, message: string) {
    super(message)
    this.name = name
  }
}

/** Any other answer than the API promises. */
class UnexpectedAnswer extends Error {}

export interface ExecutionView {
  readonly executionId: number
  readonly instanceId: number
  readonly jobName: string
  readonly batchStatus: string
  /** `''` while there is none. */
  readonly exitStatus: string
  readonly createTime: string
  readonly startTime: string
  readonly endTime: string
  readonly lastUpdatedTime: string
  readonly jobParameters: Readonly<Record<string, string>>
}

export interface StepView {
  readonly stepExecutionId: number
  readonly stepName: string
  readonly batchStatus: string
  readonly exitStatus: string
  readonly startTime: string
  readonly endTime: string
  readonly metrics: Readonly<Record<string, string>>
}

export interface InstanceView {
  readonly instanceId: number
  readonly jobName: string
  readonly appName: string
}

export const ENDED: ReadonlySet<string> = new Set(['COMPLETED', 'FAILED', 'STOPPED', 'ABANDONED'])

/** Codes of refusals that JSR-352 has no exception of its own for, by what was asked. */
const START_CODES = new Set([
  'JslInvalid',
  'JobXMLUnknown',
  'JobXMLNameInvalid',
  'ApplicationUnknown',
  'JobStart'
])
const PAGE_SIZE = 1000

type Call = 'start' | 'restart' | 'other'

/** The operator as one application sees it: queries by job name know the jobs of that application only. */
export class RestJobOperator {
  readonly #server: string
  readonly #root: string
  readonly #application: string
  readonly #signal: AbortSignal | null

  /** `server`: `http://host:port`. Every call rejects once `signal` is aborted. */
  constructor(server: string, application: string, signal: AbortSignal | null = null) {
    this.#server = server
    this.#root = `${server}/ibm/api/batch`
    this.#application = application
    this.#signal = signal
  }

  async start(jobXMLName: string, jobParameters: object): Promise<ExecutionView> {
    const submission = { applicationName: this.#application, jobXMLName, jobParameters }
    const { instanceId } = await this.#json<InstanceView>('start', '/jobinstances', 'POST', submission)
    return await this.#newest(instanceId)
  }

  async restart(executionId: number, jobParameters: object): Promise<ExecutionView> {
    const path = `/jobexecutions/${executionId}?action=restart`
    const { instanceId } = await this.#json<InstanceView>('restart', path, 'PUT', { jobParameters })
    return await this.#newest(instanceId)
  }

  async stop(executionId: number): Promise<void> {
    await this.#json('other', `/jobexecutions/${executionId}?action=stop`, 'PUT')
  }

  async abandon(executionId: number): Promise<void> {
    // Liberty's API has no call for it: this one is the server's own.
    const url = `${this.#server}/api/v1/executions/${executionId}/abandon`
    await this.#answerOf('other', url, 'POST')
  }

  async getJobExecution(executionId: number): Promise<ExecutionView> {
    return await this.#json('other', `/jobexecutions/${executionId}`)
  }

  async getJobInstance(executionId: number): Promise<InstanceView> {
    return await this.#json('other', `/jobexecutions/${executionId}/jobinstance`)
  }

  /** Of an instance, newest first. */
  async getJobExecutions(instanceId: number): Promise<readonly ExecutionView[]> {
    return await this.#json('other', `/jobinstances/${instanceId}/jobexecutions`)
  }

  async getParameters(executionId: number): Promise<Readonly<Record<string, string>>> {
    return (await this.getJobExecution(executionId)).jobParameters
  }

  /** By id. */
  async getStepExecutions(executionId: number): Promise<readonly StepView[]> {
    const listed = await this.#json<(StepView | object)[]>(
      'other',
      `/jobexecutions/${executionId}/stepexecutions`
    )
    const steps = listed.filter((one): one is StepView => 'stepExecutionId' in one)
    return steps.toSorted((one, other) => one.stepExecutionId - other.stepExecutionId)
  }

  async getJobNames(): Promise<readonly string[]> {
    return [...new Set((await this.#instances()).map(instance => instance.jobName))]
  }

  async getJobInstanceCount(jobName: string): Promise<number> {
    return (await this.#instancesOf(jobName)).length
  }

  /** Newest first. */
  async getJobInstances(jobName: string, start: number, count: number): Promise<readonly InstanceView[]> {
    return (await this.#instancesOf(jobName)).slice(start, start + count)
  }

  async getRunningExecutions(jobName: string): Promise<readonly number[]> {
    const running: number[] = []
    for (const { instanceId } of await this.#instancesOf(jobName))
      for (const execution of await this.getJobExecutions(instanceId))
        if (!ENDED.has(execution.batchStatus)) running.push(execution.executionId)
    return running
  }

  async jobLog(executionId: number): Promise<string> {
    return await (await this.#answer('other', `/jobexecutions/${executionId}/joblogs?type=text`)).text()
  }

  async #newest(instanceId: number): Promise<ExecutionView> {
    const [newest] = await this.getJobExecutions(instanceId)
    if (newest === undefined) throw new UnexpectedAnswer(`job instance ${instanceId} has no execution`)
    return newest
  }

  async #instancesOf(jobName: string): Promise<readonly InstanceView[]> {
    const named = (await this.#instances()).filter(instance => instance.jobName === jobName)
    if (named.length === 0) throw new JobOperatorException('NoSuchJobException', `there is no job ${jobName}`)
    return named
  }

  /** The server's list, all pages, without those of other applications; newest first. */
  async #instances(): Promise<readonly InstanceView[]> {
    const found = new Map<number, InstanceView>()
    for (let page = 0; ; page++) {
      const listed = await this.#json<InstanceView[]>(
        'other',
        `/jobinstances?page=${page}&pageSize=${PAGE_SIZE}`
      )
      // What is submitted meanwhile moves others on to the next page: by id, none of them counts twice.
      for (const instance of listed)
        if (instance.appName.split('#')[0] === this.#application) found.set(instance.instanceId, instance)
      if (listed.length < PAGE_SIZE)
        return [...found.values()].toSorted((a, b) => b.instanceId - a.instanceId)
    }
  }

  async #json<T>(call: Call, path: string, method = 'GET', body?: object): Promise<T> {
    return (await (await this.#answer(call, path, method, body)).json()) as T
  }

  async #answer(call: Call, path: string, method = 'GET', body?: object): Promise<Response> {
    return await this.#answerOf(call, this.#root + path, method, body)
  }

  async #answerOf(call: Call, url: string, method: string, body?: object): Promise<Response> {
    const response = await fetch(url, {
      method,
      signal: this.#signal,
      ...(body && { headers: { 'content-type': 'application/json' }, body: JSON.stringify(body) })
    })
    if (response.ok) return response
    const text = await response.text()
    const asked = `${method} ${url} was answered ${response.status}`
    if (response.headers.get('content-type')?.startsWith('application/problem+json') !== true)
      throw new UnexpectedAnswer(`${asked}: ${text}`)
    const { code, detail } = JSON.parse(text) as { code: string; detail: string }
    throw new JobOperatorException(exceptionOf(call, code), `${asked}: ${detail}`)
  }
}

/** Codes are JSR-352's exception names without "Exception", where it has one. */
function exceptionOf(call: Call, code: string): string {
  if (call === 'start' && START_CODES.has(code)) return 'JobStartException'
  if (call === 'restart' && START_CODES.has(code)) return 'JobRestartException'
  return `${code}Exception`
}
