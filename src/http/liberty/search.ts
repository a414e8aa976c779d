// What a list or a purge of job instances is asked for: the query of a request, read as its version of the API reads it.
import { BatchError } from '../../batch/batch-error.ts'
import {
  ALL_INSTANCES,
  type InstanceSearch,
  type InstanceSelection,
  SORT_FIELDS,
  type SortKey
} from '../../operator/search.ts'
import { instanceIdsOf } from './instance-ids.ts'
import { instanceStatesOf } from './instance-states.ts'
import { firstValue, isTrue, type Query, valuesOf } from './query.ts'
import { nameIn, PARAMETER_PREFIX, parameterNames, type SearchParameter } from './search-parameters.ts'
import { type Calendar, timeRangeOf } from './time-range.ts'
import type { LibertyVersion } from './version.ts'

const DEFAULT_PAGE_SIZE = 50
export const MOST_PAGE_SIZE = 10_000
/** The product's numbers have 32 bits; with 10,000 rows a page, the first row's number is still an exact one. */
const MOST_PAGE = 2 ** 31 - 1

/** Each is looked up for itself. */
const MOST_PARAMETERS = 20

/** What a parameter is not read as in this version, or not there, selects nothing; a filter without a value is refused. */
export function searchOf(query: Query, version: LibertyVersion, calendar: Calendar): InstanceSearch {
  return {
    selection: selectionOf(query, version, calendar),
    sort: nameIn(query, version, 'sort') === null ? [] : sortOf(firstValue(query, 'sort') ?? ''),
    paging: {
      page: wholeNumber(query, nameIn(query, version, 'page'), 0, [0, MOST_PAGE]),
      pageSize: wholeNumber(query, nameIn(query, version, 'pageSize'), DEFAULT_PAGE_SIZE, [1, MOST_PAGE_SIZE])
    }
  }
}

function selectionOf(query: Query, version: LibertyVersion, calendar: Calendar): InstanceSelection {
  /** The first value of each counts, but for texts of v4: there any of them may match. */
  const one = <Read>(parameter: SearchParameter, read: (text: string) => Read): Read | null => {
    const name = nameIn(query, version, parameter)
    return name === null ? null : read(filled(name, firstValue(query, name) ?? ''))
  }
  const texts = (parameter: SearchParameter): readonly string[] | null => {
    if (nameIn(query, version, parameter) === null) return null
    const values = valuesOf(query, parameter).map(text => filled(parameter, text))
    return version === 'v4' ? values : values.slice(0, 1)
  }
  return {
    ...ALL_INSTANCES,
    instanceIds: one('jobInstanceId', instanceIdsOf),
    createTime: one('createTime', text => timeRangeOf('createTime', text, calendar)),
    lastUpdatedTime: one('lastUpdatedTime', text => timeRangeOf('lastUpdatedTime', text, calendar)),
    instanceStates: one('instanceState', instanceStatesOf),
    exitStatus: texts('exitStatus'),
    submitter: texts('submitter'),
    appName: texts('appName')?.map(appNamePattern) ?? null,
    jobName: texts('jobName'),
    jobParameters: parametersOf(query, version),
    ignoreCase: nameIn(query, version, 'ignoreCase') !== null && isTrue(query, 'ignoreCase')
  }
}

/** An application alone stands for all its modules and components. */
function appNamePattern(pattern: string): string {
  return pattern.includes('#') ? pattern : `${pattern}#*`
}

function parametersOf(query: Query, version: LibertyVersion): InstanceSelection['jobParameters'] {
  const names = parameterNames(query, version)
  if (names.length > MOST_PARAMETERS)
    throw new BatchError('ParameterInvalid', [
      'jobParameter',
      `${names.length} parameters are asked for; at most ${MOST_PARAMETERS} are looked for at once.`
    ])
  return names.map(name => ({
    name: filled(PARAMETER_PREFIX, name.slice(PARAMETER_PREFIX.length)),
    // A parameter can have the empty value.
    value: firstValue(query, name) ?? ''
  }))
}

/** With DELETE an empty filter that is overlooked would purge everything. */
function filled(name: string, text: string): string {
  if (text !== '') return text
  throw new BatchError('ParameterInvalid', [name, 'a filter needs a value; leave it out to have all.'])
}

/** Fields it cannot be sorted by are left out; a header tells of them. Of a field that comes twice the first counts. */
function sortOf(text: string): SortKey[] {
  return text.split(',').flatMap(part => {
    const descending = part.startsWith('-')
    const field = SORT_FIELDS.find(known => known === (descending ? part.slice(1) : part))
    return field === undefined ? [] : [{ field, descending }]
  })
}

function wholeNumber(
  query: Query,
  name: string | null,
  fallback: number,
  [least, most]: readonly [number, number]
): number {
  if (name === null) return fallback
  const text = firstValue(query, name) ?? ''
  const value = /^\d{1,20}$/.test(text) ? Number(text) : Number.NaN
  if (value >= least && value <= most) return value
  const asked = JSON.stringify(text.slice(0, 60).toWellFormed())
  throw new BatchError('ParameterInvalid', [name, `${asked} is not a whole number from ${least} to ${most}.`])
}
