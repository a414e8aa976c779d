// An instance in each state that a stop, a restart or a purge can meet, brought there over HTTP.
import path from 'node:path'
import type { HttpApp } from '../../../src/http/http-app.ts'
import type { JobExecutionView } from '../../../src/http/liberty/view/job-execution.ts'
import { until } from '../../support/until.ts'
import { BATCH, ended, get, newestWhen, submit } from './real-app.ts'

/** The server of these tests has the applications that the jobs below are in. */
export const SETTINGS = { BATCH_APPS_DIR: path.resolve(import.meta.dirname, '../../support/applications') }

/** Never begins by itself: its unit waits for an hour. */
export const WAITS = { com_ibm_ws_batch_message_deliveryDelay: '3600000' }

/** Hears no stop; only a forced end ends it. */
const DEAF = '<job id="deaf"><step id="listens"><batchlet ref="deaf"/></step></job>'

export interface InState {
  readonly instanceId: number
  readonly executionId: number
}

export type State = keyof typeof BRING

export async function change(http: HttpApp, url: string, payload?: object) {
  return http.inject({ method: 'PUT', url: `${BATCH}${url}`, ...(payload === undefined ? {} : { payload }) })
}

async function started(http: HttpApp, body: object): Promise<InState> {
  const { instanceId } = await submit(http, body)
  const { executionId } = await newestWhen(http, instanceId, 'STARTED')
  return { instanceId, executionId }
}

async function finished(http: HttpApp, jobXMLName: string): Promise<InState> {
  const { instanceId } = await submit(http, { applicationName: 'ledger', jobXMLName })
  const { executionId } = await ended(http, instanceId)
  return { instanceId, executionId }
}

async function waiting(http: HttpApp): Promise<InState> {
  const body = { applicationName: 'ledger', jobXMLName: 'noop', jobParameters: WAITS }
  const { instanceId } = await submit(http, body)
  const [only] = await get<JobExecutionView[]>(http, `/jobinstances/${instanceId}/jobexecutions`)
  return { instanceId, executionId: only!.executionId }
}

async function running(http: HttpApp): Promise<InState> {
  const jobParameters = { millis: '600000' }
  return started(http, { applicationName: 'ledger', jobXMLName: 'pause', jobParameters })
}

async function stopped(http: HttpApp, what: InState): Promise<InState> {
  await change(http, `/jobinstances/${what.instanceId}?action=stop`)
  await newestWhen(http, what.instanceId, 'STOPPED')
  return what
}

/** It shows a step of it. */
export async function stepBegan(http: HttpApp, { executionId }: InState): Promise<void> {
  await until('its step began', async () => {
    const { stepExecutions } = await get<JobExecutionView>(http, `/jobexecutions/${executionId}`)
    return stepExecutions[0]?.batchStatus === 'STARTED'
  })
}

async function stopping(http: HttpApp): Promise<InState> {
  const what = await started(http, { applicationName: 'stubborn', jobXML: DEAF })
  await stepBegan(http, what)
  await change(http, `/jobinstances/${what.instanceId}?action=stop`)
  return what
}

async function abandoned(http: HttpApp): Promise<InState> {
  const what = await finished(http, 'failing')
  const url = `/api/v1/executions/${what.executionId}/abandon`
  const { statusCode, body } = await http.inject({ method: 'POST', url })
  if (statusCode !== 200) throw new Error(`${statusCode} ${body}`)
  return what
}

const BRING = {
  'waiting to begin': waiting,
  running,
  stopping,
  COMPLETED: http => finished(http, 'noop'),
  FAILED: http => finished(http, 'failing'),
  STOPPED: async http => stopped(http, await running(http)),
  'STOPPED before it began': async http => stopped(http, await waiting(http)),
  ABANDONED: abandoned
} as const satisfies Record<string, (http: HttpApp) => Promise<InState>>

/** What is running or stopping must be given to `endByForce` at the end. */
export async function instanceIn(http: HttpApp, state: State): Promise<InState> {
  return BRING[state](http)
}

export async function endByForce(http: HttpApp, { executionId }: InState): Promise<void> {
  const url = `/api/v1/executions/${executionId}/force-end`
  await http.inject({ method: 'POST', url, payload: { batchStatus: 'STOPPED', reason: 'the test is over' } })
}
