// `GET /api/v1/audit` and `/audit/verify`: who did what, and whether what stands there is what was written.
import { type Static, Type } from 'typebox'
import { fieldsInvalid } from '../../batch/field-problem.ts'
import type { HttpApp } from '../http-app.ts'
import { closedObject } from '../open-api/closed-object.ts'
import { refuseUnstorable } from '../storable-text.ts'
import { DEFAULT_LIMIT, idKeyOf, NextToken, PagingQuery, tokenAfter } from './list-page.ts'
import type { SystemContext } from './system.ts'
import { systemSchema } from './system-operation.ts'
import { AuditEntryView, auditEntryView } from './view/audit-entry.ts'

const Instant = Type.String({ description: 'ISO 8601 with its zone, or a date (its first moment in UTC).' })

const Query = closedObject({
  who: Type.Optional(Type.String({ description: 'A user; `*` stands for anything.' })),
  what: Type.Optional(Type.String({ description: 'A deed, as `instance.stop`; `*` stands for anything.' })),
  target: Type.Optional(
    Type.String({ description: 'What it was done to, as `instance:12`; `*` stands for anything.' })
  ),
  from: Type.Optional(Instant),
  to: Type.Optional(Instant),
  ...PagingQuery
})
type Query = Static<typeof Query>

const Page = closedObject({ items: Type.Array(AuditEntryView), nextToken: NextToken })

const Verdict = closedObject(
  {
    ok: Type.Boolean(),
    entries: Type.Integer({
      minimum: 0,
      description: 'Those that are as they were chained, from the first on.'
    }),
    firstBad: Type.Union([Type.Integer({ minimum: 1 }), Type.Null()], {
      description: 'The first `seq` that was changed or is missing.'
    }),
    unchained: Type.Integer({ minimum: 0, description: 'Newest rows that are not protected yet.' }),
    head: closedObject(
      { seq: Type.Integer({ minimum: 0 }), hash: Type.String() },
      {
        description: 'To be noted elsewhere: `batchyard audit verify --noted` asks whether it is still there.'
      }
    )
  },
  { title: 'AuditVerdict' }
)

export function audit(app: HttpApp, { operator, caller }: SystemContext): void {
  const list = systemSchema({
    id: 'listAuditEntries',
    tag: 'audit',
    summary: 'Who did what, newest first',
    description:
      'Refused requests are not in it. Whoever is neither batchAdmin nor batchMonitor finds what he did himself.',
    query: Query,
    replies: { 200: { description: 'A page.', json: Page } }
  })
  app.get<{ Querystring: Query }>('/audit', { schema: list }, async request => {
    const { limit = DEFAULT_LIMIT, who = null, what = null, target = null } = request.query
    refuseUnstorable(request.query, 'query')
    const search = {
      who,
      what,
      target,
      ...timesOf(request.query),
      before: idKeyOf('audit', request.query),
      limit: limit + 1
    }
    const entries = await operator.auditEntries(search, caller(request))
    const page = entries.slice(0, limit)
    return {
      items: page.map(auditEntryView),
      nextToken: entries.length > limit ? tokenAfter('audit', String(page.at(-1)!.auditId)) : null
    }
  })

  const verify = systemSchema({
    id: 'verifyAudit',
    tag: 'audit',
    summary: 'Whether the audit is as it was written',
    description: 'Reads all of it.',
    replies: { 200: { description: 'What was found.', json: Verdict } }
  })
  app.get('/audit/verify', { schema: verify }, async request => {
    const { firstBad, head, unchained } = await operator.verifyAudit(caller(request))
    return {
      ok: firstBad === null,
      entries: head.number,
      firstBad,
      unchained,
      head: { seq: head.number, hash: head.hash }
    }
  })
}

// The `+` of an offset that a client did not encode has become a blank.
const ISO = /^\d{4}-\d{2}-\d{2}(T\d{2}:\d{2}(:\d{2}([.,]\d{1,9})?)?(Z|[-+ ]\d{2}:?\d{2}))?$/i

function timesOf(query: Query): { from: Date | null; to: Date | null } {
  const problems = (['from', 'to'] as const)
    .filter(path => query[path] !== undefined && instantOf(query[path]) === null)
    .map(path => ({ path, message: `${JSON.stringify(query[path])} is no time as 2026-11-24T13:00:00Z` }))
  if (problems.length > 0) throw fieldsInvalid(problems)
  return { from: instantOf(query.from), to: instantOf(query.to) }
}

function instantOf(text: string | undefined): Date | null {
  if (text === undefined || !ISO.test(text)) return null
  const day = text.slice(0, 10)
  // JavaScript takes 31 February for a day in March.
  const midnight = new Date(day)
  if (Number.isNaN(midnight.getTime()) || !midnight.toISOString().startsWith(day)) return null
  const offset = /([-+ ])(\d{2}):?(\d{2})$/
  const rest = text.slice(10).toUpperCase().replace(',', '.')
  const time = new Date(
    day + rest.replace(offset, (_, sign: string, h, m) => `${sign === ' ' ? '+' : sign}${h}:${m}`)
  )
  return Number.isNaN(time.getTime()) ? null : time
}
