// `/api/v1/explain`: why a job instance, a schedule or a bulk job does not get on.
import { Type, type Static } from 'typebox'
import { type Explanation, WAIT_CODES, type WaitCode } from '../../batch/explanation.ts'
import type { BulkOperator } from '../../bulk/bulk-operator.ts'
import type { JobOperator } from '../../operator/job-operator.ts'
import type { Scheduling } from '../../schedule/create-scheduling.ts'
import type { CallerOf } from '../caller.ts'
import type { HttpApp } from '../http-app.ts'
import { instanceIdOf } from '../liberty/ids.ts'
import { JSON_TYPE } from '../liberty/view/json-text.ts'
import { closedObject } from '../open-api/closed-object.ts'
import { Id, TimeOrNull } from '../open-api/words.ts'
import { checkBySchemas } from '../route-checks.ts'
import { systemSchema } from '../system/system-operation.ts'

export interface ExplainContext {
  readonly operator: Pick<JobOperator, 'explainInstance'>
  /** `null`: this server has none. */
  readonly scheduling: Pick<Scheduling, 'explainSchedule'> | null
  readonly bulk: Pick<BulkOperator, 'explain'> | null
  readonly caller: CallerOf
}

const ExplanationView = closedObject(
  {
    state: Type.String({
      description: 'An instanceState, `Active` or `InActive`, or the status of a bulk job.'
    }),
    waitingFor: Type.Array(
      closedObject({
        code: Type.Unsafe<WaitCode>({ type: 'string', enum: [...WAIT_CODES] }),
        text: Type.String(),
        since: TimeOrNull,
        until: TimeOrNull,
        about: Type.Record(Type.String(), Type.Union([Type.String(), Type.Number(), Type.Null()]), {
          description: 'What the text names, for programs.'
        })
      }),
      { minItems: 1 }
    ),
    place: Type.Union([Type.Integer({ minimum: 1 }), Type.Null()], {
      description: 'In the queue it waits in; `null` = in none.'
    })
  },
  { title: 'Explanation' }
)

/** To be registered with its prefix. */
export async function explain(
  app: HttpApp,
  { operator, scheduling, bulk, caller }: ExplainContext
): Promise<void> {
  checkBySchemas(app, ['params'])
  app.setSerializerCompiler(() => JSON.stringify)
  app.addHook('onRequest', async (_request, reply) => {
    reply.header('content-type', JSON_TYPE)
  })
  const schema = (what: string, name: string, params: ReturnType<typeof closedObject>) =>
    systemSchema({
      id: `explain${name}`,
      tag: 'explain',
      summary: `What ${what} waits for`,
      params,
      replies: { 200: { description: 'Everything it waits for, at this moment.', json: ExplanationView } },
      refusals: [404]
    })

  app.get<{ Params: { instanceId: string } }>(
    '/explain/instances/:instanceId',
    { schema: schema('a job instance', 'Instance', closedObject({ instanceId: Id })) },
    async request =>
      explanationView(
        await operator.explainInstance(instanceIdOf(request.params.instanceId), caller(request))
      )
  )
  if (scheduling !== null)
    app.get<{ Params: { name: string } }>(
      '/explain/schedules/:name',
      { schema: schema('a schedule', 'Schedule', closedObject({ name: Type.String() })) },
      async request => explanationView(await scheduling.explainSchedule(request.params.name, caller(request)))
    )
  if (bulk !== null)
    app.get<{ Params: { jobId: string } }>(
      '/explain/jobs/:jobId',
      { schema: schema('a bulk job', 'BulkJob', closedObject({ jobId: Type.String() })) },
      async request => explanationView(await bulk.explain(request.params.jobId, caller(request)))
    )
}

function explanationView({ state, waitingFor, place }: Explanation): Static<typeof ExplanationView> {
  return {
    state,
    waitingFor: waitingFor.map(({ code, text, since, until, about }) => ({
      code,
      text,
      since: since?.toISOString() ?? null,
      until: until?.toISOString() ?? null,
      about: { ...about }
    })),
    place
  }
}
