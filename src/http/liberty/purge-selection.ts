// What a bulk DELETE is to purge. A filter that is overlooked would purge what nobody meant, so each that is not understood yet
// is refused here, in any spelling and in every version.
import { BatchError } from '../../batch/batch-error.ts'
import type { InstanceSelection } from '../../operator/job-operator.ts'
import { instanceIdsOf } from './instance-ids.ts'
import { firstValue, isTrue, type Query } from './query.ts'

/** They choose instances, or (sort) which of them are on the page; lower case. */
const NOT_YET: ReadonlySet<string> = new Set([
  'createtime',
  'lastupdatedtime',
  'instancestate',
  'exitstatus',
  'submitter',
  'appname',
  'jobname',
  'ignorecase',
  'sort'
])

/** Those that choose nothing; lower case. */
const NO_FILTERS: ReadonlySet<string> = new Set([
  'page',
  'pagesize',
  'purgejobstoreonly',
  'permitredirect',
  'localonly'
])

export function purgeSelectionOf(query: Query): InstanceSelection {
  for (const name of Object.keys(query))
    if (NOT_YET.has(name.toLowerCase()) || /^jobparameter/i.test(name))
      throw new BatchError('ParameterInvalid', [
        name.slice(0, 60).toWellFormed(),
        'a purge cannot be filtered by it yet; use jobInstanceId.'
      ])
  const name = nameInAnyCase(query, 'jobInstanceId')
  const text = name === null ? null : firstValue(query, name)
  if (text !== null) return { instanceIds: instanceIdsOf(text) }
  // Elsewhere what nobody knows is overlooked; here it may be a filter with a slip in its name.
  const unknown = Object.keys(query).find(one => !NO_FILTERS.has(one.toLowerCase()))
  if (unknown !== undefined)
    throw new BatchError('ParameterInvalid', [
      unknown.slice(0, 60).toWellFormed(),
      'it is no filter, and without one a whole page would be purged.'
    ])
  return { instanceIds: null }
}

/** In any spelling: whoever writes it means that the log files stay. */
export function isJobStoreOnly(query: Query): boolean {
  const name = nameInAnyCase(query, 'purgeJobStoreOnly')
  return name !== null && isTrue(query, name)
}

/** The exact spelling first. */
function nameInAnyCase(query: Query, name: string): string | null {
  if (Object.hasOwn(query, name)) return name
  return Object.keys(query).find(other => other.toLowerCase() === name.toLowerCase()) ?? null
}
