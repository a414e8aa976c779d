// The filter of a purge plan: Liberty's v4 query as a JSON object. Unlike a list it overlooks nothing, and never means "all".
import { BatchError } from '../../batch/batch-error.ts'
import { fieldsInvalid } from '../../batch/field-problem.ts'
import type { InstanceSelection } from '../../operator/search.ts'
import type { Query } from './query.ts'
import { searchOf } from './search.ts'
import { FILTERS, nameIn, PARAMETER_PREFIX } from './search-parameters.ts'
import type { Calendar } from './time-range.ts'

/** A text, or several of which one must match. */
export type PlanFilter = Readonly<Record<string, string | number | boolean | readonly string[]>>

export function planSelectionOf(filter: PlanFilter, calendar: Calendar): InstanceSelection {
  const query: Query = Object.fromEntries(
    Object.entries(filter).map(([name, value]) => [name, Array.isArray(value) ? value : String(value)])
  )
  const isFilter = (name: string) =>
    name.startsWith(PARAMETER_PREFIX) || FILTERS.some(known => nameIn(query, 'v4', known) === name)
  const problems = Object.keys(query)
    .filter(name => !isFilter(name) && name !== 'ignoreCase')
    .map(name => ({
      path: `filter.${name}`,
      message: `is no filter of v4: those are ${FILTERS.join(', ')}, jobParameter.<name>, and ignoreCase beside them`
    }))
  if (problems.length > 0) throw fieldsInvalid(problems)
  if (!Object.keys(query).some(isFilter))
    throw fieldsInvalid([{ path: 'filter', message: 'is empty: without any, everything would be purged' }])
  try {
    return searchOf(query, 'v4', calendar).selection
  } catch (error) {
    if (!(error instanceof BatchError) || error.code !== 'ParameterInvalid') throw error
    const [name, message] = error.args
    throw fieldsInvalid([{ path: `filter.${name}`, message: String(message).replace(/\.$/, '') }], {
      cause: error
    })
  }
}
