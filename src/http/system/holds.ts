// `/api/v1/instances/{id}/hold` protects a job instance from every purge until it is let go; `/api/v1/holds` lists all that are.
import { Type, type Static } from 'typebox'
import type { Hold, ListedHold } from '../../batch/hold.ts'
import type { HttpApp } from '../http-app.ts'
import { instanceIdOf } from '../liberty/ids.ts'
import { closedObject } from '../open-api/closed-object.ts'
import { Id, InstanceStateWord, Time } from '../open-api/words.ts'
import { STATE_ETAG, stateETag } from '../state-etag.ts'
import { refuseUnstorable } from '../storable-text.ts'
import { DEFAULT_LIMIT, idKeyOf, NextToken, PagingQuery, tokenAfter } from './list-page.ts'
import type { SystemContext } from './system.ts'
import { systemSchema } from './system-operation.ts'

const HoldBody = closedObject({ reason: Type.String({ minLength: 1, maxLength: 2000 }) })

const HOLD = {
  instanceId: Id,
  reason: Type.String(),
  heldBy: Type.String({ description: 'Who placed it.' }),
  since: Time
}
const HoldView = closedObject(HOLD, { title: 'Hold' })

const ListedHoldView = closedObject(
  { ...HOLD, jobName: Type.String(), instanceState: InstanceStateWord },
  { title: 'ListedHold' }
)

const Query = closedObject({
  heldBy: Type.Optional(Type.String({ description: 'Who placed it; `*` stands for anything.' })),
  ...PagingQuery
})
type Query = Static<typeof Query>

interface OneInstance {
  Params: { instanceId: string }
}

export function holds(app: HttpApp, { operator, caller }: SystemContext): void {
  const about = { tag: 'purges', params: closedObject({ instanceId: Id }) } as const
  const one = { replies: { 200: { description: 'The hold.', json: HoldView } } } as const

  app.get<{ Querystring: Query }>(
    '/holds',
    {
      schema: systemSchema({
        tag: 'purges',
        id: 'listHolds',
        summary: 'All that is protected from purges, newest instance first',
        description: 'Of the job instances that the lists of the batch API show to whoever asks.',
        query: Query,
        replies: {
          200: {
            description: 'A page.',
            json: closedObject({ items: Type.Array(ListedHoldView), nextToken: NextToken })
          }
        }
      })
    },
    async request => {
      const { limit = DEFAULT_LIMIT, heldBy = null } = request.query
      refuseUnstorable(request.query, 'query')
      const search = { heldBy, before: idKeyOf('holds', request.query), limit: limit + 1 }
      const found = await operator.holds(search, caller(request))
      const page = found.slice(0, limit)
      return {
        items: page.map(listedHoldView),
        nextToken: found.length > limit ? tokenAfter('holds', String(page.at(-1)!.instanceId)) : null
      }
    }
  )

  app.get<OneInstance>(
    '/instances/:instanceId/hold',
    {
      schema: systemSchema({
        ...about,
        replies: { 200: { ...one.replies[200], headers: STATE_ETAG } },
        id: 'getHold',
        summary: 'Who protects a job instance from purges, and why',
        refusals: [404]
      })
    },
    async (request, reply) => {
      const instanceId = instanceIdOf(request.params.instanceId)
      const view = holdView(await operator.holdOfInstance(instanceId, caller(request)))
      reply.header('etag', stateETag(view))
      return view
    }
  )

  app.put<OneInstance & { Body: Static<typeof HoldBody> }>(
    '/instances/:instanceId/hold',
    {
      schema: systemSchema({
        ...about,
        ...one,
        id: 'placeHold',
        summary: 'Protect a job instance, and its job logs, from every purge',
        description: 'Whatever its state. One that is held gets another reason. Needs no If-Match.',
        body: HoldBody,
        refusals: [404, 409]
      })
    },
    async request => {
      const instanceId = instanceIdOf(request.params.instanceId)
      refuseUnstorable(request.body, 'body')
      return holdView(await operator.holdInstance(instanceId, request.body.reason, caller(request)))
    }
  )

  app.delete<OneInstance>(
    '/instances/:instanceId/hold',
    {
      schema: systemSchema({
        ...about,
        id: 'releaseHold',
        summary: 'Let it go: it can be purged again',
        description: 'Whoever placed it, or batchAdmin.',
        replies: { 204: { description: 'It is held no more.' } },
        refusals: [404]
      })
    },
    async (request, reply) => {
      await operator.releaseInstance(instanceIdOf(request.params.instanceId), caller(request))
      return reply.removeHeader('content-type').code(204).send()
    }
  )
}

function holdView({ instanceId, reason, heldBy, since }: Hold): Static<typeof HoldView> {
  return { instanceId, reason, heldBy, since: since.toISOString() }
}

function listedHoldView(hold: ListedHold): Static<typeof ListedHoldView> {
  return { ...holdView(hold), jobName: hold.jobName, instanceState: hold.instanceState }
}
