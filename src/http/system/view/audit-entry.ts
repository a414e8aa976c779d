// An audit row as the routes of this server show it.
import { type Static, Type } from 'typebox'
import type { StoredAuditEntry } from '../../../operator/job-operator.ts'
import { closedObject } from '../../open-api/closed-object.ts'
import { TextOrNull, Time } from '../../open-api/words.ts'

const Facts = Type.Union([Type.Record(Type.String(), Type.Unknown()), Type.Null()])

export const AuditEntryView = closedObject(
  {
    seq: Type.Union([Type.Integer({ minimum: 1 }), Type.Null()], {
      description: 'Its number in the chain; `null` until it is chained, a second later.'
    }),
    time: Time,
    who: Type.String(),
    what: Type.String({ description: '`noun.verb`' }),
    target: Type.String({ description: '`noun:id`' }),
    reason: TextOrNull,
    before: Facts,
    after: Facts,
    hash: Type.Union([Type.String(), Type.Null()], {
      description: 'SHA-256 over it and the hash before it, as hex; `null` until it is chained.'
    })
  },
  { title: 'AuditEntry' }
)
export type AuditEntryView = Static<typeof AuditEntryView>

export function auditEntryView(entry: StoredAuditEntry): AuditEntryView {
  const { number, time, who, what, target, reason, before, after, hash } = entry
  return { seq: number, time: time.toISOString(), who, what, target, reason, before, after, hash }
}
