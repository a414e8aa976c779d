// `/api/v1/purge-plans`: a purge of many that is looked at before it is done.
import { Type, type Static } from 'typebox'
import type { StoredPurgePlan } from '../../schedule/purge-plans.ts'
import type { HttpApp } from '../http-app.ts'
import { purgePlanIdOf } from '../liberty/ids.ts'
import { planSelectionOf } from '../liberty/plan-selection.ts'
import { closedObject } from '../open-api/closed-object.ts'
import { Id, Time } from '../open-api/words.ts'
import { STATE_ETAG, stateETag } from '../state-etag.ts'
import { systemSchema } from '../system/system-operation.ts'
import type { SchedulingContext } from './scheduling-context.ts'

const Value = Type.Union([
  Type.String(),
  Type.Integer(),
  Type.Boolean(),
  Type.Array(Type.String(), { minItems: 1, maxItems: 1000 })
])

const PlanBody = closedObject({
  filter: Type.Record(Type.String({ maxLength: 300 }), Value, {
    maxProperties: 100,
    description: 'A query of v4 as an object: name → text, or several texts of which one must match.'
  }),
  purgeJobStoreOnly: Type.Optional(Type.Boolean({ description: 'The log files stay.' }))
})

const Count = Type.Integer({ minimum: 0 })

const PLANNED = {
  planId: Id,
  instances: Type.Integer({ minimum: 0, description: 'That would be purged: none of those that are held.' }),
  bytes: Type.Integer({ minimum: 0, description: 'Of their job logs, as far as this server sees them.' }),
  held: Type.Integer({ minimum: 0, description: 'That match, and are held.' }),
  expires: Time
}

const PlanView = closedObject(PLANNED, { title: 'PurgePlan' })

const ProgressView = closedObject(
  {
    ...PLANNED,
    state: Type.Unsafe<StoredPurgePlan['state']>({
      type: 'string',
      enum: ['Planned', 'Executing', 'Done', 'Expired']
    }),
    purged: Count,
    changed: Type.Integer({ minimum: 0, description: 'Changed since they were planned, and left.' }),
    held: Type.Integer({ minimum: 0, description: 'When it was planned, or since.' }),
    failed: Count,
    instanceId: Type.Union([Id, Type.Null()], { description: 'The run that executes it.' })
  },
  { title: 'PurgePlanProgress' }
)

const Begun = closedObject({ href: Type.String({ description: 'Where its progress is told.' }) })

interface OnePlan {
  Params: { planId: string }
}

export function purgePlans(app: HttpApp, { scheduling, caller, calendar }: SchedulingContext): void {
  const plans = scheduling.purgePlans
  const one = { tag: 'purges', params: closedObject({ planId: Id }) } as const

  app.post<{ Body: Static<typeof PlanBody> }>(
    '/purge-plans',
    {
      schema: systemSchema({
        id: 'createPurgePlan',
        tag: 'purges',
        summary: 'Plan a purge: what it would take is told, and nothing is done',
        description:
          'Of what matches: what has ended, is not held, and is the caller’s to purge. Not a page of it, but all. A plan can be executed for a day.',
        body: PlanBody,
        replies: {
          201: { description: 'The plan.', json: PlanView, headers: { Location: 'Its path.' } }
        }
      })
    },
    async (request, reply) => {
      const { filter, purgeJobStoreOnly = false } = request.body
      const selection = planSelectionOf(filter, calendar())
      const plan = await plans.create({ selection, filter, jobStoreOnly: purgeJobStoreOnly }, caller(request))
      return reply.code(201).header('location', pathOf(plan)).send(planView(plan))
    }
  )

  app.get<OnePlan>(
    '/purge-plans/:planId',
    {
      schema: systemSchema({
        ...one,
        id: 'getPurgePlan',
        summary: 'How far a plan is',
        replies: { 200: { description: 'The plan.', json: ProgressView, headers: STATE_ETAG } },
        refusals: [404]
      })
    },
    async (request, reply) => {
      const plan = await plans.plan(purgePlanIdOf(request.params.planId), caller(request))
      const { state, purged, changed, failed, instanceId } = plan
      const view = { ...planView(plan), state, purged, changed, failed, instanceId }
      reply.header('etag', stateETag(view))
      return view
    }
  )

  app.post<OnePlan>(
    '/purge-plans/:planId/execute',
    {
      schema: systemSchema({
        ...one,
        id: 'executePurgePlan',
        summary: 'Purge what was planned, in the background',
        description:
          'A run of BATCH_PURGE_PLAN does it, with the rights of who asks: the maker of the plan, or batchAdmin. What has changed since it was planned is left out.',
        replies: { 202: { description: 'It is begun.', json: Begun, headers: { Location: 'Its path.' } } },
        refusals: [404, 409, 421]
      })
    },
    async (request, reply) => {
      const plan = await plans.execute(purgePlanIdOf(request.params.planId), caller(request))
      return reply
        .code(202)
        .header('location', pathOf(plan))
        .send({ href: pathOf(plan) })
    }
  )
}

function pathOf({ planId }: StoredPurgePlan): string {
  return `/api/v1/purge-plans/${planId}`
}

function planView({ planId, instances, bytes, held, expires }: StoredPurgePlan): Static<typeof PlanView> {
  return { planId, instances, bytes, held, expires: expires.toISOString() }
}
