// The resource `jobinstances`: list, submit, look at one, stop and restart it.
import { Readable } from 'node:stream'
import type { FastifyRequest } from 'fastify'
import { Type } from 'typebox'
import { BatchError } from '../../batch/batch-error.ts'
import type { JobSubmission } from '../../operator/job-operator.ts'
import type { HttpApp } from '../http-app.ts'
import { RestartBody, SubmitBody, SubmitHeaders } from './described-bodies.ts'
import { Action, searchHeaders, searchNotes, searchQuery } from './described-queries.ts'
import { jsonObject, utf8 } from '../request-body.ts'
import { instanceIdOf } from './ids.ts'
import { jobActionOf } from './job-action.ts'
import type { LibertyContext } from './liberty-context.ts'
import { idsIn } from './liberty-operation.ts'
import { SENT_ON, sendOn } from './other-server.ts'
import type { Query } from './query.ts'
import { runnerOf } from './runner.ts'
import { searchOf } from './search.ts'
import { sendUnrecognized } from './search-parameters.ts'
import { submissionOf } from './submission.ts'
import { readSubmitForm, type FormLimits } from './submit-form.ts'
import { JobExecutionView, jobExecutionView } from './view/job-execution.ts'
import {
  briefJobInstanceView,
  JobInstanceView,
  jobInstanceUrl,
  jobInstanceView
} from './view/job-instance.ts'
import { RestartPreviewView, restartPreviewView } from './view/restart-preview.ts'
import { jsonArrayPieces } from './view/json-text.ts'

/** Longer lists are written while they are sent. */
const MOST_AT_ONCE = 500

interface OneInstance {
  Params: { jobInstanceId: string }
  Querystring: Query
}

const params = idsIn('jobInstanceId')
const headers = { Location: 'Where the instance is.' }

export function jobInstances(app: HttpApp, context: LibertyContext): void {
  const { operator, version, calendar, caller, view, limits, schema } = context
  app.get<{ Querystring: Query }>(
    '/jobinstances',
    {
      schema: schema({
        id: 'listJobInstances',
        summary: 'Job instances, newest first unless sorted otherwise',
        description: searchNotes(version),
        query: searchQuery(version),
        replies: {
          200: { description: 'A page.', json: Type.Array(JobInstanceView), ...searchHeaders(version) }
        }
      })
    },
    async (request, reply) => {
      const search = searchOf(request.query, version, calendar())
      const context = view(request)
      const instances = await operator.jobInstances(search, caller(request))
      sendUnrecognized(reply, request.query, version)
      const views = instances.values().map(instance => jobInstanceView(instance, context))
      if (instances.length <= MOST_AT_ONCE) return [...views]
      return reply.send(Readable.from(jsonArrayPieces(views), { objectMode: false }))
    }
  )

  app.post(
    '/jobinstances',
    {
      schema: schema({
        id: 'submitJob',
        summary: 'Submit a job',
        headers: SubmitHeaders,
        body: SubmitBody,
        replies: {
          200: { description: 'It was submitted before, with the same key.', json: JobInstanceView, headers },
          201: { description: 'Submitted.', json: JobInstanceView, headers }
        },
        refusals: [409, 421]
      })
    },
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
    {
      schema: schema({
        id: 'getJobInstance',
        summary: 'A job instance',
        params,
        replies: { 200: { description: 'The instance.', json: JobInstanceView } },
        refusals: [404]
      })
    },
    async request => {
      const instanceId = instanceIdOf(request.params.jobInstanceId)
      return jobInstanceView(await operator.jobInstance(instanceId, caller(request)), view(request))
    }
  )

  const changing = schema({
    id: 'changeJobInstance',
    summary: 'Stop or restart its newest execution',
    params,
    query: Action,
    body: RestartBody,
    bodyOptional: true,
    replies: {
      200: {
        description:
          'The execution as the stop left it; the instance that was restarted; or what a restart would do.',
        json: Type.Union([JobExecutionView, JobInstanceView, RestartPreviewView])
      },
      302: SENT_ON
    },
    refusals: [404, 409, 421]
  })
  app.put<OneInstance>('/jobinstances/:jobInstanceId', { schema: changing }, async (request, reply) => {
    const instanceId = instanceIdOf(request.params.jobInstanceId)
    const action = jobActionOf(request.query, request.body)
    if (action.kind === 'stop') {
      const runner = await runnerOf(request, { kind: 'instance', id: instanceId }, context)
      if (runner !== null) return sendOn(reply, runner, `/jobinstances/${instanceId}?action=stop`)
      const stopped = await operator.stopInstance(instanceId, caller(request))
      // Without its steps, as the product answers here, though not to the stop of an execution.
      return jobExecutionView({ ...stopped, steps: [] }, view(request))
    }
    const { jobParameters, reusePreviousParams } = action
    const target = { kind: 'instance', instanceId } as const
    const restart = { target, jobParameters, reusePreviousParams }
    if (action.dryRun) return restartPreviewView(await operator.previewRestart(restart, caller(request)))
    const restarted = await operator.restart(restart, caller(request))
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
