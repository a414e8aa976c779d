// What a bulk DELETE is to purge: what a list with the same query shows. But a filter that a list overlooks (misspelt, or of a
// later version) is refused here: without it, more would be purged than was meant.
import { BatchError } from '../../batch/batch-error.ts'
import type { InstanceSearch } from '../../operator/search.ts'
import { isTrue, type Query } from './query.ts'
import { searchOf } from './search.ts'
import { FILTERS, meantBy, nameIn, parameterNames } from './search-parameters.ts'
import type { Calendar } from './time-range.ts'
import type { LibertyVersion } from './version.ts'

/** Those that choose nothing; lower case. */
const NO_FILTERS: ReadonlySet<string> = new Set(['purgejobstoreonly', 'permitredirect', 'localonly'])

export function purgeSearchOf(query: Query, version: LibertyVersion, calendar: Calendar): InstanceSearch {
  const parameters = parameterNames(query, version)
  for (const name of Object.keys(query)) {
    const meant = meantBy(name)
    const isRead =
      meant === 'jobParameter' ? parameters.includes(name) : meant && nameIn(query, version, meant) === name
    if (meant !== null && isRead !== true)
      throw refusal(
        name,
        'a purge does not read it so, and does not overlook it either; see the spelling and the version.'
      )
  }
  const filtered = parameters.length > 0 || FILTERS.some(filter => nameIn(query, version, filter) !== null)
  // Beside a filter what nobody knows is overlooked; alone it may be a filter with a slip in its name.
  const unknown = Object.keys(query).find(
    name => meantBy(name) === null && !NO_FILTERS.has(name.toLowerCase())
  )
  if (!filtered && unknown !== undefined)
    throw refusal(unknown, 'it is no filter, and without one a whole page would be purged.')
  return searchOf(query, version, calendar)
}

/** In any spelling: whoever writes it means that the log files stay. */
export function isJobStoreOnly(query: Query): boolean {
  const name = Object.hasOwn(query, 'purgeJobStoreOnly')
    ? 'purgeJobStoreOnly'
    : Object.keys(query).find(other => other.toLowerCase() === 'purgejobstoreonly')
  return name !== undefined && isTrue(query, name)
}

function refusal(name: string, why: string): BatchError {
  return new BatchError('ParameterInvalid', [name.slice(0, 60).toWellFormed(), why])
}
