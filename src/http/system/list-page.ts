// Lists below /api/v1: at most `limit` items at a time, and a token that leads to those behind them.
import { Type } from 'typebox'
import type { BatchError } from '../../batch/batch-error.ts'
import { fieldsInvalid } from '../../batch/field-problem.ts'
import { unstorable } from '../../batch/text.ts'

export const PagingQuery = {
  limit: Type.Optional(Type.Integer({ minimum: 1, maximum: 1000, default: 50 })),
  token: Type.Optional(Type.String({ maxLength: 2000, description: 'The `nextToken` of the page before.' }))
}

export const NextToken = Type.Union([Type.String(), Type.Null()], {
  description: '`null` on the last page.'
})

export interface Paging {
  readonly limit?: number
  readonly token?: string
}

export const DEFAULT_LIMIT = 50

/** A token that says: go on behind this. `list`: no other list takes it. */
export function tokenAfter(list: string, key: string): string {
  return Buffer.from(JSON.stringify([list, key])).toString('base64url')
}

/** What `tokenAfter` was given; `null` without a token. Refuses one that no page of this list gave. */
export function keyOf(list: string, { token }: Paging): string | null {
  if (token === undefined) return null
  try {
    const [of, key, ...more] = JSON.parse(Buffer.from(token, 'base64url').toString()) as unknown[]
    const isOurs = of === list && typeof key === 'string' && more.length === 0
    if (isOurs && unstorable(key) === null && tokenAfter(list, key) === token) return key
  } catch {
    // No JSON, or no array.
  }
  throw notOurs()
}

/** The same, of a list whose keys are ids. */
export function idKeyOf(list: string, paging: Paging): number | null {
  const key = keyOf(list, paging)
  if (key === null) return null
  if (/^[1-9]\d{0,14}$/.test(key)) return Number(key)
  throw notOurs()
}

function notOurs(): BatchError {
  return fieldsInvalid([{ path: 'token', message: 'is none that a page of this list gave' }])
}
