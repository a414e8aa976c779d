// The shapes of a page's statement: which one is fast depends on what is asked (measured by bench/list-filters.ts).
import type { InstanceScope, InstanceSelection } from './instance-selection.ts'
import {
  type ConditionKind,
  type Conditions,
  isExact,
  parameterIs,
  TEXT_COLUMNS
} from './selection-conditions.ts'

export interface Shape {
  /** Of `job_instance i`. */
  readonly columns: string
  readonly order: string
  readonly conditions: Conditions
  readonly selection: InstanceSelection
  readonly scope: InstanceScope
}

/** Beyond so many different values of a column, a look at the newest of each takes longer than a walk through all rows. */
const MOST_VALUES = 2000

/** The columns that have few values and an index of each value's newest; those with fewer matches first. */
const NAMES = ['jobName', 'appName', 'submitter'] as const

const CUT = 'limit :limit offset :offset'

/** Leaves everything to the planner. */
export function plainPage({ columns, order, conditions }: Shape): string {
  return /* sql */ `select ${columns} from job_instance i${where(conditions)} order by ${order} ${CUT}`
}

/** One exact parameter and nothing else: an index with the instance's own time beside each parameter has the page in order. */
export function pageOfParameter({ columns, order, conditions, selection, scope }: Shape): string | null {
  const [parameter, ...more] = selection.jobParameters
  if (parameter === undefined || more.length > 0 || conditions.conditions.length > 1) return null
  const { name, value } = parameter
  if (scope.secrets !== null || !isExact([name, value], selection.ignoreCase)) return null
  const ofParameters = order
    .replaceAll('i.create_time', 'p.instance_time')
    .replaceAll('i.instance_id', 'p.instance_id')
  return /* sql */ `select ${columns} from (
    select distinct on (p.instance_time, p.instance_id) p.instance_id from job_parameter p
    where ${parameterIs(parameter, false, scope, conditions.bind)} order by ${ofParameters} ${CUT}
  ) found join job_instance i using (instance_id) order by ${order}`
}

/** Exact values of a column: the newest of each, then the newest of those. */
export function pageOfValues(shape: Shape): string | null {
  const given = exactValues(shape)
  if (given === null) return null
  const { kind, column, values } = given
  const { columns, order, conditions } = shape
  return /* sql */ `select i.* from unnest(${conditions.bind([...new Set(values)])}::text[]) given (value), lateral (
    select ${columns} from job_instance i${where(conditions, kind, `i.${column} = given.value`)} order by ${order} limit :rows
  ) i order by ${order} ${CUT}`
}

function exactValues({ selection, scope, conditions }: Shape) {
  if (scope.visibility !== null) {
    // Of one caller the planner knows how many jobs he has; what he filters them by is best left to it.
    if (scope.visibility.operationGroups.length > 0 || conditions.conditions.length > 1) return null
    return { kind: 'scope', column: 'submitter', values: [scope.visibility.submitter] } as const
  }
  for (const kind of ['exitStatus', ...NAMES] as const) {
    const values = selection[kind]
    const exact = values !== null && isExact(values, selection.ignoreCase)
    if (exact) return { kind, column: TEXT_COLUMNS[kind], values } as const
  }
  // A pattern has a shape of its own.
  const { instanceStates } = selection
  if (instanceStates === null || NAMES.some(kind => selection[kind] !== null)) return null
  return { kind: 'instanceStates', column: 'instance_state', values: instanceStates } as const
}

/**
 * A pattern for a column that few values stand in: one probe of its index for each value there is, then the newest of each
 * that matches. Where they are not few, the planner's way in the same statement; its limit hangs on `few`, so that none of it is
 * begun (parallel workers, say) where it is not needed.
 */
export function pageOfMatchingValues({ columns, order, conditions, scope }: Shape): string | null {
  if (scope.visibility !== null) return null
  const kind = NAMES.find(name => conditions.conditions.some(condition => condition.kind === name))
  if (kind === undefined) return null
  const column = TEXT_COLUMNS[kind]
  const matches = conditions.conditions.find(condition => condition.kind === kind)!.sql
  return /* sql */ `with recursive ${knownValues(column, 'known')}, few as (
    select max(number) <= ${MOST_VALUES} as so from known
  ), matching (value) as (
    select i.${column} from (select value from known where value is not null) i (${column}) where ${matches}
  )
  select i.* from (
    select each.* from few, matching, lateral (
      select ${columns} from job_instance i${where(conditions, kind, `i.${column} = matching.value`)} order by ${order} limit :rows
    ) each where few.so
    union all
    select walk.* from few, lateral (
      select ${columns} from job_instance i${where(conditions)} order by ${order} limit case when few.so then 0 else :rows::bigint end
    ) walk where not few.so
  ) i order by ${order} ${CUT}`
}

/** So many of a caller's newest are looked at one by one before all of his are. */
const NEAR = 2500

/** As far is walked in the order of another column, where all of his are sorted otherwise. */
const NEAR_SORTED = 5000

/**
 * What a caller who sees only his own looks for among them. What is frequent stands in his newest, which are walked; of what
 * does not, all matches are found by indexes and sorted: he may have very many without a match, or been gone for months.
 * Said as a range and sorted by it, `submitter` leaves the planner no index but his; `offset 0` none for the order.
 */
export function pageOfOwn({ columns, order, conditions, selection, scope }: Shape): string | null {
  const { visibility } = scope
  const filters = conditions.conditions.filter(({ kind }) => kind !== 'scope')
  if (visibility === null || visibility.operationGroups.length > 0 || filters.length === 0) return null
  const his = conditions.bind(visibility.submitter)
  const times = filters.filter(({ kind }) => kind === 'createTime')
  const walk = `i.submitter ${order.endsWith('desc') ? 'desc' : 'asc'}, ${order}`
  const all = filters.map(({ sql }) => sql).join(' and ')
  const patterns = namePatterns(filters, selection)
  const found = (when: string, far: string) => /* sql */ `select found.* from enough, lateral (
      select ${columns} from (
        select i.instance_id from (
          select i.instance_id, i.create_time from job_instance i where i.submitter = ${his} and ${far} offset 0
        ) i order by ${order} limit case when ${when} then :rows::bigint else 0 end
      ) matching join job_instance i using (instance_id)
    ) found where ${when}`
  const known = filters.map(filter => patterns.find(({ kind }) => kind === filter.kind)?.known ?? filter.sql)
  const few = patterns.map(({ few: so }) => so).join(' and ')
  return /* sql */ `with recursive near as materialized (
    select ${columns} from (
      select * from job_instance i where ${[`i.submitter >= ${his} and i.submitter <= ${his}`, ...times.map(({ sql }) => sql)].join(' and ')}
      order by ${walk} limit ${NEAR}
    ) i where ${all} order by ${walk} limit :rows
  )${patterns.map(({ before }) => before).join('')}, enough as (
    select count(*) >= :rows as so, case when count(*) < :rows then ${few === '' ? 'true' : few} end as few from near
  )
  select i.* from (
    select near.* from near, enough where enough.so
    union all ${found('enough.few', known.join(' and '))}${few === '' ? '' : ` union all ${found('not enough.few', all)}`}
  ) i order by ${order} ${CUT}`
}

/**
 * The own ones of a caller in the order of another column: those near the beginning of it are looked at one by one, and where
 * his are too few among them, all of his are sorted. The planner takes them for spread evenly and would walk on.
 */
export function pageOfOwnSorted({ columns, order, conditions, scope }: Shape): string | null {
  const { visibility } = scope
  if (visibility === null || visibility.operationGroups.length > 0) return null
  return /* sql */ `with near as materialized (
    select ${columns} from (select * from job_instance i order by ${order} limit ${NEAR_SORTED}) i${where(conditions)}
    order by ${order} limit :rows
  ), enough as (
    select count(*) >= :rows as so from near
  )
  select i.* from (
    select near.* from near, enough where enough.so
    union all
    select sorted.* from enough, lateral (
      select ${columns} from (select * from job_instance i${where(conditions)} offset 0) i
      order by ${order} limit case when enough.so then 0 else :rows::bigint end
    ) sorted where not enough.so
  ) i order by ${order} ${CUT}`
}

/** Patterns of names as the values that match them, where these are few: an index finds values, and no patterns. */
function namePatterns(filters: Conditions['conditions'], selection: InstanceSelection) {
  return filters.flatMap(({ kind, sql }) => {
    if ((kind !== 'jobName' && kind !== 'appName') || isExact(selection[kind]!, selection.ignoreCase))
      return []
    const column = TEXT_COLUMNS[kind]
    const before = /* sql */ `, ${knownValues(column, `known_${column}`)}, matching_${column} as (
    select array(select i.${column} from known_${column} i (${column}, number) where i.${column} is not null and ${sql}) as values
  )`
    return {
      kind,
      before,
      few: `(select max(number) <= ${MOST_VALUES} from known_${column})`,
      known: `i.${column} = any((select values from matching_${column})::text[])`
    }
  })
}

/** All values of a column, one probe of its index each, as a recursive CTE of `value` and `number`; one too many at most. */
function knownValues(column: string, name: string): string {
  return /* sql */ `${name} (value, number) as (
    (select ${column}, 1 from job_instance order by ${column} limit 1)
    union all
    select (select i.${column} from job_instance i where i.${column} > ${name}.value order by i.${column} limit 1), number + 1
    from ${name} where value is not null and number <= ${MOST_VALUES}
  )`
}

/** All conditions but those of one kind, and one more. */
function where(
  { conditions }: Conditions,
  but: ConditionKind | null = null,
  more: string | null = null
): string {
  const left = conditions.filter(({ kind }) => kind !== but).map(({ sql }) => sql)
  const all = more === null ? left : [more, ...left]
  return all.length === 0 ? '' : ` where ${all.join(' and ')}`
}
