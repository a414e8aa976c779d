// Which query parameter of a search there is in which version of the API, and what is told of those that there are not.
import type { FastifyReply } from 'fastify'
import { SORT_FIELDS } from '../../operator/search.ts'
import { firstValue, type Query } from './query.ts'
import type { LibertyVersion } from './version.ts'

/** The first version that reads it. */
const SINCE = {
  page: 1,
  pageSize: 1,
  jobInstanceId: 2,
  createTime: 2,
  instanceState: 2,
  exitStatus: 2,
  lastUpdatedTime: 3,
  sort: 3,
  submitter: 4,
  appName: 4,
  jobName: 4,
  ignoreCase: 4
} as const

export type SearchParameter = keyof typeof SINCE

const NAMES = Object.keys(SINCE) as SearchParameter[]

/** Those that choose instances, beside `jobParameter.…`. */
export const FILTERS: readonly SearchParameter[] = [
  'jobInstanceId',
  'createTime',
  'instanceState',
  'exitStatus',
  'lastUpdatedTime',
  'submitter',
  'appName',
  'jobName'
]

/** As Liberty's documentation spells them in places; the product itself overlooks these. */
const ALSO_SPELLED: Readonly<Partial<Record<SearchParameter, string>>> = {
  pageSize: 'pagesize',
  jobInstanceId: 'jobinstanceId'
}

export const PARAMETER_PREFIX = 'jobParameter.'
const PARAMETERS_SINCE = 3

/** Whether unknown parameters are reported, and since when. */
const REPORTED_SINCE = 3

export function numberOf(version: LibertyVersion): number {
  return version === '' ? 1 : Number(version.slice(1))
}

/** Whether a version of the API knows it. */
export function isReadIn(version: LibertyVersion, parameter: SearchParameter): boolean {
  return SINCE[parameter] <= numberOf(version)
}

/** What the request calls a parameter that its version reads; `null` when it is not there, or not read. */
export function nameIn(query: Query, version: LibertyVersion, parameter: SearchParameter): string | null {
  if (!isReadIn(version, parameter)) return null
  if (query[parameter] !== undefined) return parameter
  const also = ALSO_SPELLED[parameter]
  return also !== undefined && query[also] !== undefined ? also : null
}

/** The `jobParameter.…` that the version reads. */
export function parameterNames(query: Query, version: LibertyVersion): string[] {
  if (numberOf(version) < PARAMETERS_SINCE) return []
  return Object.keys(query).filter(name => name.startsWith(PARAMETER_PREFIX))
}

/** The search parameter a name stands for, or would with another spelling; `jobParameter` for all that begin so. */
export function meantBy(name: string): SearchParameter | 'jobParameter' | null {
  const lower = name.toLowerCase()
  if (lower.startsWith('jobparameter')) return 'jobParameter'
  return NAMES.find(parameter => parameter.toLowerCase() === lower) ?? null
}

/**
 * What the header X-IBM-Unrecognized-Fields says: names in alphabetical order, fields that cannot be sorted by as
 * `sort=<field>`. `null` = no header. As in the product, names with a dot, and some by their beginning, are not told of.
 */
export function unrecognizedFields(query: Query, version: LibertyVersion): string | null {
  if (numberOf(version) < REPORTED_SINCE) return null
  const read = new Set(NAMES.map(parameter => nameIn(query, version, parameter)))
  const names = Object.keys(query).filter(
    name =>
      !read.has(name) &&
      name !== 'permitRedirect' &&
      !name.includes('.') &&
      !name.startsWith('jobParameter') &&
      !name.startsWith('purgeJobStoreOnly')
  )
  const fields = unsortableFields(query).map(field => `sort=${field}`)
  const all = [...new Set([...names, ...fields])].toSorted(byCodeUnit)
  return all.length === 0 ? null : headerText(all)
}

/** Tells the client which of its parameters were overlooked. */
export function sendUnrecognized(reply: FastifyReply, query: Query, version: LibertyVersion): void {
  const fields = unrecognizedFields(query, version)
  if (fields !== null) reply.header('x-ibm-unrecognized-fields', fields)
}

function unsortableFields(query: Query): string[] {
  const sort = firstValue(query, 'sort')
  return (sort?.split(',') ?? []).filter(
    field => !SORT_FIELDS.some(known => known === field.replace(/^-/, ''))
  )
}

function byCodeUnit(a: string, b: string): number {
  return a < b ? -1 : Number(a > b)
}

/** Clients read 16 KiB of headers altogether. */
const LONGEST = 8000

/** Joined by commas; what a header cannot hold is percent-encoded, else a name could begin a header of its own. */
function headerText(names: readonly string[]): string {
  let text = ''
  for (const name of names) {
    const encoded = name.replaceAll(/[^\x20-\x7e]+/g, encodeURIComponent)
    if (text.length + encoded.length >= LONGEST) break
    text += (text === '' ? '' : ',') + encoded
  }
  return text
}
