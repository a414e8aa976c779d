// A page of job instances as one statement. Its shape is chosen here and not left to the planner, who thinks that matches are
// spread evenly over time: what is frequent but old makes it walk through everything that is newer.
import { BATCH_STATUSES } from '../batch/batch-status.ts'
import type { InstanceScope, InstanceSearch, SortField, SortKey } from './instance-selection.ts'
import {
  pageOfMatchingValues,
  pageOfOwn,
  pageOfOwnSorted,
  pageOfParameter,
  pageOfValues,
  plainPage
} from './page-shapes.ts'
import { conditionsOf } from './selection-conditions.ts'

export interface PageStatement {
  readonly sql: string
  readonly bindings: Readonly<Record<string, unknown>>
}

/** Deeper pages are left to the planner: there a sort of all matches costs no more than the newest of each value. */
const MOST_ROWS = 1000

/** In JSR-352's order; an index is made of this very expression. */
export const BATCH_STATUS_ORDINAL = `case batch_status ${BATCH_STATUSES.map((status, at) => `when '${status}' then ${at}`).join(' ')} end`

const SORT_COLUMNS: Readonly<Record<SortField, string>> = {
  createTime: 'i.create_time',
  lastUpdatedTime: 'i.last_updated_time',
  submitter: 'i.submitter',
  amcName: 'i.app_name',
  jobXMLName: 'i.job_xml_name',
  batchStatus: BATCH_STATUS_ORDINAL.replace('batch_status', 'i.batch_status'),
  exitStatus: 'i.exit_status'
}

/** `columns` of `job_instance i`, those that it can be sorted by among them. */
export function pageStatement(search: InstanceSearch, scope: InstanceScope, columns: string): PageStatement {
  const { page, pageSize } = search.paging
  const conditions = conditionsOf(search.selection, scope)
  const isOwn = scope.visibility?.operationGroups.length === 0
  // Of one who sees nothing but his own all rows have his name.
  const constant = isOwn ? 'submitter' : null
  const shape = {
    columns,
    order: orderOf(search.sort, constant),
    conditions,
    selection: search.selection,
    scope
  }
  const rows = (page + 1) * pageSize
  const keys = search.sort.filter(({ field }) => field !== constant)
  const byTime = keys.every(({ field }) => field === 'createTime')
  const shaped =
    rows <= MOST_ROWS
      ? byTime
        ? (pageOfParameter(shape) ?? pageOfOwn(shape) ?? pageOfValues(shape) ?? pageOfMatchingValues(shape))
        : keys.length === 1
          ? pageOfOwnSorted(shape)
          : null
      : null
  return {
    sql: shaped ?? plainPage(shape),
    bindings: { ...conditions.bindings, limit: pageSize, offset: page * pageSize, rows }
  }
}

/** Newest first, unless asked otherwise; without a key that is the same for all. Ties as the last key goes, so that one walk along an index gives the page. */
export function orderOf(sort: readonly SortKey[], constant: SortField | null = null): string {
  const keys = sort.filter((key, at) => sort.findIndex(({ field }) => field === key.field) === at)
  const direction = (descending: boolean) => (descending ? 'desc' : 'asc')
  const ties = direction(keys.at(-1)?.descending ?? true)
  return [
    ...keys
      .filter(({ field }) => field !== constant)
      .map(({ field, descending }) => `${SORT_COLUMNS[field]} ${direction(descending)}`),
    ...(keys.some(({ field }) => field === 'createTime') ? [] : [`i.create_time ${ties}`]),
    `i.instance_id ${ties}`
  ].join(', ')
}
