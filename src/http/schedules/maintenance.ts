// `/api/v1/maintenance`: whether the server starts anything, and the switch for it.
import { Type, type Static } from 'typebox'
import type { Maintenance } from '../../schedule/maintenance-mode.ts'
import type { HttpApp } from '../http-app.ts'
import { closedObject } from '../open-api/closed-object.ts'
import { TextOrNull, TimeOrNull } from '../open-api/words.ts'
import { systemSchema } from '../system/system-operation.ts'
import { ETAG, IfMatchHeaders, ifMatchOf, sendETag } from './if-match.ts'
import type { SchedulingContext } from './scheduling-context.ts'

const View = closedObject(
  { on: Type.Boolean(), reason: TextOrNull, since: TimeOrNull },
  { title: 'Maintenance' }
)

const Body = closedObject({
  on: Type.Boolean(),
  reason: Type.Optional(Type.Union([Type.String({ maxLength: 2000 }), Type.Null()]))
})

export function maintenance(app: HttpApp, { scheduling, caller }: SchedulingContext): void {
  const mode = scheduling.maintenance
  const replies = { 200: { description: 'As it is now.', json: View, headers: ETAG } }

  app.get(
    '/maintenance',
    {
      schema: systemSchema({
        id: 'getMaintenance',
        tag: 'server',
        summary: 'Whether the server is in maintenance',
        replies
      })
    },
    async (request, reply) => {
      const found = await mode.read(caller(request))
      sendETag(reply, found.revision)
      return view(found)
    }
  )

  app.put<{ Body: Static<typeof Body> }>(
    '/maintenance',
    {
      schema: systemSchema({
        id: 'setMaintenance',
        tag: 'server',
        summary: 'Put it into maintenance, or back into service',
        description:
          'In maintenance every submit, restart and firing is refused but those of the server’s own batches; what runs goes on.',
        headers: IfMatchHeaders,
        body: Body,
        replies,
        refusals: [412, 428]
      })
    },
    async (request, reply) => {
      const { on, reason = null } = request.body
      const found = await mode.set({ on, reason }, ifMatchOf(request), caller(request))
      sendETag(reply, found.revision)
      return view(found)
    }
  )
}

function view({ on, reason, since }: Maintenance): Static<typeof View> {
  return { on, reason, since: since?.toISOString() ?? null }
}
