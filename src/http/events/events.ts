// `GET /api/v1/events`: batch events as Server-Sent Events, each with the id to go on after it (ENGINE E17).
import { Readable } from 'node:stream'
import type { FastifyReply } from 'fastify'
import { Type, type Static } from 'typebox'
import type { Watched } from '../../operator/watch-events.ts'
import type { HttpApp } from '../http-app.ts'
import { instanceIdOf } from '../liberty/ids.ts'
import { closedObject } from '../open-api/closed-object.ts'
import { systemSchema } from '../system/system-operation.ts'
import { dateText } from '../liberty/view/date-text.ts'
import type { ViewContext } from '../liberty/view/view-context.ts'
import type { SystemContext } from '../system/system.ts'
import { eventBody, topicOf } from './event-body.ts'
import { topicFilter } from './topic-filter.ts'

/** A line now and then, so that proxies and clients see that the connection lives. */
const HEARTBEAT_MS = 15_000

const Query = closedObject({
  instance: Type.Optional(Type.String({ description: 'Only of this job instance.' })),
  topic: Type.Optional(
    Type.Union([Type.String(), Type.Array(Type.String(), { maxItems: 100 })], {
      description: 'Only these topics; `*` stands for any characters.'
    })
  )
})

const Headers = Type.Object({
  'Last-Event-ID': Type.Optional(Type.String({ description: 'Go on after this event.' }))
})

export function events(app: HttpApp, options: SystemContext): void {
  const context: ViewContext = {
    root: '',
    version: '',
    dateText: dateText(options.timeZone),
    jobLogDir: options.jobLogDir
  }
  const open = new Set<Readable>()
  // They never end by themselves, and a server that waits for them would never stop.
  app.addHook('preClose', async () => {
    for (const stream of open) stream.destroy()
  })

  const schema = systemSchema({
    id: 'watchEvents',
    tag: 'events',
    summary: 'Batch events, as Server-Sent Events',
    query: Query,
    headers: Headers,
    replies: {
      200: {
        description: 'A stream that ends when the client goes or the server stops.',
        other: {
          'text/event-stream':
            'Each event is one JSON object, with its topic as the event and an id to go on after.'
        },
        headers: { 'X-Accel-Buffering': '`no`: a proxy is not to gather.' }
      }
    },
    refusals: [404]
  })
  app.get<{ Querystring: Static<typeof Query> }>('/events', { schema }, async (request, reply) => {
    const { instance, topic = [] } = request.query
    const after = request.headers['last-event-id']
    const watched = options.watchEvents(
      {
        after: typeof after === 'string' && after !== '' ? after : null,
        instanceId: instance === undefined ? null : instanceIdOf(instance),
        wants: topicFilter([topic].flat())
      },
      options.caller(request)
    )
    const stream = Readable.from(eventStream(watched, context), { objectMode: false })
    open.add(stream)
    stream.once('close', () => open.delete(stream))
    return await send(reply, stream)
  })
}

function send(reply: FastifyReply, stream: Readable): FastifyReply {
  // Proxies that gather answers would hold events back.
  return reply.type('text/event-stream; charset=utf-8').header('x-accel-buffering', 'no').send(stream)
}

async function* eventStream(
  watched: AsyncGenerator<Watched, void, void>,
  context: ViewContext
): AsyncGenerator<string, void, void> {
  let said = performance.now()
  yield ': batch events\n\n'
  for await (const page of watched) {
    const text =
      page.kind === 'reset'
        ? message('reset', page.position, { reason: 'events before this one are not kept any more' })
        : page.events
            .map(event => message(topicOf(event), event.position, eventBody(event, context)))
            .join('')
    if (text === '' && performance.now() - said < HEARTBEAT_MS) continue
    said = performance.now()
    yield text === '' ? ': still here\n\n' : text
  }
}

/** JSON has no line breaks of its own, so `data` is one line. */
function message(event: string, id: string, data: unknown): string {
  return `id: ${id}\nevent: ${event}\ndata: ${JSON.stringify(data)}\n\n`
}
