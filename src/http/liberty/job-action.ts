// What a PUT on an instance or an execution asks for; both read it alike.
import { BatchError } from '../../batch/batch-error.ts'
import type { RestartRequest } from '../../operator/job-operator.ts'
import { jsonObject, utf8 } from '../request-body.ts'
import { firstValue, isTrue, type Query, valuesOf } from './query.ts'
import { jobParametersOf } from './submission.ts'

export type JobAction =
  | { readonly kind: 'stop' }
  | ({ readonly kind: 'restart'; readonly dryRun: boolean } & Omit<RestartRequest, 'target'>)

/** The body of a stop is not read. A restart's is, however it is sent: the product overlooks a chunked one. */
export function jobActionOf(query: Query, body: unknown): JobAction {
  const action = firstValue(query, 'action')
  const kind = action?.toLowerCase()
  const dryRun = dryRunOf(query)
  if (kind === 'stop' && dryRun) throw dryRunInvalid('only a restart can be tried out.')
  if (kind === 'stop') return { kind }
  if (kind === 'restart') {
    const reusePreviousParams = isTrue(query, 'reusePreviousParams')
    return { kind, dryRun, jobParameters: restartParametersOf(body), reusePreviousParams }
  }
  const asked = action === null ? 'none' : JSON.stringify(action.slice(0, 60).toWellFormed())
  throw new BatchError('ActionInvalid', [asked])
}

/** Ours. Overlooked for its spelling it would be a restart, which nobody wanted: any case is read, and no other value. */
function dryRunOf(query: Query): boolean {
  const given = Object.keys(query).filter(name => name.toLowerCase() === 'dryrun')
  const values = given.flatMap(name => valuesOf(query, name).map(value => value.toLowerCase()))
  if (!values.every(value => value === 'true' || value === 'false'))
    throw dryRunInvalid('true or false is expected.')
  return values.includes('true')
}

function dryRunInvalid(why: string): BatchError {
  return new BatchError('ParameterInvalid', ['dryRun', why])
}

function restartParametersOf(body: unknown): Readonly<Record<string, string>> {
  const text = Buffer.isBuffer(body) ? utf8(body, 'it') : ''
  return text.trim() === '' ? {} : jobParametersOf(jsonObject(text))
}
