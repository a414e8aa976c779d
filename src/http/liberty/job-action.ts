// What a PUT on an instance or an execution asks for; both read it alike.
import { BatchError } from '../../batch/batch-error.ts'
import type { RestartRequest } from '../../operator/job-operator.ts'
import { jsonObject, utf8 } from '../request-body.ts'
import { firstValue, isTrue, type Query } from './query.ts'
import { jobParametersOf } from './submission.ts'

export type JobAction =
  { readonly kind: 'stop' } | ({ readonly kind: 'restart' } & Omit<RestartRequest, 'target'>)

/** The body of a stop is not read. A restart's is, however it is sent: the product overlooks a chunked one. */
export function jobActionOf(query: Query, body: unknown): JobAction {
  const action = firstValue(query, 'action')
  const kind = action?.toLowerCase()
  if (kind === 'stop') return { kind }
  if (kind === 'restart') {
    const reusePreviousParams = isTrue(query, 'reusePreviousParams')
    return { kind, jobParameters: restartParametersOf(body), reusePreviousParams }
  }
  const asked = action === null ? 'none' : JSON.stringify(action.slice(0, 60).toWellFormed())
  throw new BatchError('ActionInvalid', [asked])
}

function restartParametersOf(body: unknown): Readonly<Record<string, string>> {
  const text = Buffer.isBuffer(body) ? utf8(body, 'it') : ''
  return text.trim() === '' ? {} : jobParametersOf(jsonObject(text))
}
