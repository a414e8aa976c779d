// The resource `jobinstances`: list, submit, look at one, stop and restart it.
import type { FastifyRequest } from 'fastify'
import { Type } from 'typebox'
import { BatchError } from '../../batch/batch-error.ts'
import type { JobSubmission } from '../../operator/job-operator.ts'
import type { HttpApp } from '../http-app.ts'
import { jsonObject, utf8 } from '../request-body.ts'
import { instanceIdOf } from './ids.ts'
import { jobActionOf } from './job-action.ts'
import type { LibertyContext } from './liberty-context.ts'
import type { Query } from './query.ts'
import { searchOf } from './search.ts'
import { submissionOf } from './submission.ts'
import { readSubmitForm, type FormLimits } from './submit-form.ts'
import { jobExecutionView } from './view/job-execution.ts'
import {
  briefJobInstanceView,
  JobInstanceView,
  jobInstanceUrl,
  jobInstanceView
} from './view/job-instance.ts'

interface OneInstance {
  Params: { jobInstanceId: string }
  Querystring: Query
}

export function jobInstances(app: HttpApp, { operator, caller, view, limits }: LibertyContext): void {
  app.get<{ Querystring: Query }>(
    '/jobinstances',
    { schema: { response: { 200: Type.Array(JobInstanceView) } } },
    async request => {
      const { paging } = searchOf(request.query)
      const context = view(request)
      const instances = await operator.jobInstances(paging, caller(request))
      return instances.map(instance => jobInstanceView(instance, context))
    }
  )

  app.post(
    '/jobinstances',
    { schema: { response: { 200: JobInstanceView, 201: JobInstanceView } } },
    async (request, reply) => {
      const submitted = await operator.submit(await submissionIn(request, limits), caller(request))
      const { instance, created } = submitted
      const context = view(request)
      reply.code(created ? 201 : 200).header('location', jobInstanceUrl(instance.instanceId, context))
      return briefJobInstanceView(instance, context)
    }
  )

  app.get<OneInstance>(
    '/jobinstances/:jobInstanceId',
    { schema: { response: { 200: JobInstanceView } } },
    async request => {
      const instanceId = instanceIdOf(request.params.jobInstanceId)
      return jobInstanceView(await operator.jobInstance(instanceId, caller(request)), view(request))
    }
  )

  app.put<OneInstance>('/jobinstances/:jobInstanceId', async request => {
    const instanceId = instanceIdOf(request.params.jobInstanceId)
    const action = jobActionOf(request.query, request.body)
    if (action.kind === 'stop') {
      const stopped = await operator.stopInstance(instanceId, caller(request))
      // Without its steps, as the product answers here, though not to the stop of an execution.
      return jobExecutionView({ ...stopped, steps: [] }, view(request))
    }
    const { jobParameters, reusePreviousParams } = action
    const target = { kind: 'instance', instanceId } as const
    const restarted = await operator.restart({ target, jobParameters, reusePreviousParams }, caller(request))
    return briefJobInstanceView(restarted, view(request))
  })
}

async function submissionIn(request: FastifyRequest, limits: FormLimits): Promise<JobSubmission> {
  const key = idempotencyKeyOf(request.headers['idempotency-key'])
  if (request.isMultipart()) {
    const { jobdata, jsl } = await readSubmitForm(request, limits)
    return submissionOf(jsonObject(jobdata), jsl, key)
  }
  return submissionOf(jsonObject(Buffer.isBuffer(request.body) ? utf8(request.body, 'it') : ''), null, key)
}

const LONGEST_KEY = 255

/** Printable ASCII, as the header's draft standard has it (quotes are part of the key). */
function idempotencyKeyOf(header: string | string[] | undefined): string | null {
  if (header === undefined) return null
  const key = Array.isArray(header) ? header.join(',') : header
  if (key.length > LONGEST_KEY || !/^[\x20-\x7e]+$/.test(key))
    throw new BatchError('ParameterInvalid', [
      'Idempotency-Key',
      `1 to ${LONGEST_KEY} printable ASCII characters are expected.`
    ])
  return key
}
