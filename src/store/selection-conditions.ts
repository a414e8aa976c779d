// A selection as SQL conditions on `job_instance i`: each kind of filter is written once, for lists and purges alike.
import { isSecretName } from '../batch/secret-parameters.ts'
import type { InstanceScope, InstanceSelection, ParameterFilter, Patterns } from './instance-selection.ts'
import { visibleTo } from './visibility.ts'

/** The columns that texts are looked for in. */
export type TextColumn = 'submitter' | 'app_name' | 'job_name' | 'exit_status'

export const TEXT_COLUMNS = {
  exitStatus: 'exit_status',
  submitter: 'submitter',
  appName: 'app_name',
  jobName: 'job_name'
} as const satisfies Partial<Record<keyof InstanceSelection, TextColumn>>

/** What a condition is about; `scope` is what the caller may see. */
export type ConditionKind = keyof InstanceSelection | 'scope'

export interface Condition {
  readonly kind: ConditionKind
  readonly sql: string
}

export interface Conditions {
  readonly conditions: readonly Condition[]
  /** Values by name: nothing that a caller sent stands in the SQL itself. */
  readonly bindings: Readonly<Record<string, unknown>>
  /** Binds a value under a name of its own, `:v0` …, for further SQL of the same statement. */
  readonly bind: Bind
}

export type Bind = (value: unknown) => string

/** Characters of a parameter's value that its b-tree index holds: an entry of 64 KiB would not fit. */
const INDEXED_CHARACTERS = 200

/** Two patterns can share a bitmap of the trigram index, an array of them cannot; so many are still planned at once. */
const MOST_ALTERNATIVES = 16

/** Parameters that are joined; the others are looked up: twenty joins took the planner a second. */
const MOST_JOINED = 3

export function conditionsOf(selection: InstanceSelection, whole: InstanceScope): Conditions {
  const scope = withoutNeedlessSecrets(whole)
  const conditions: Condition[] = []
  const bindings: Record<string, unknown> = {}
  const add = (kind: ConditionKind, sql: string) => conditions.push({ kind, sql })
  const bind: Bind = value => {
    const name = `v${Object.keys(bindings).length}`
    bindings[name] = value
    return `:${name}`
  }
  const { instanceIds, createTime, lastUpdatedTime, instanceStates, jobParameters, ignoreCase } = selection

  if (instanceIds?.kind === 'range') {
    const last = bind(instanceIds.last)
    // The second half says where the walk from the newest may begin: ids are drawn just before the instance is created.
    add(
      'instanceIds',
      `i.instance_id between ${bind(instanceIds.first)} and ${last} and i.create_time < coalesce((
        select following.create_time from job_instance following where following.instance_id >= ${last}
        order by following.instance_id limit 1), 'infinity') + interval '1 day'`
    )
  }
  if (instanceIds?.kind === 'list')
    add('instanceIds', `i.instance_id = any(${bind(instanceIds.instanceIds)}::bigint[])`)
  if (createTime?.from) add('createTime', `i.create_time >= ${bind(timestamp(createTime.from))}::timestamptz`)
  if (createTime?.before)
    add('createTime', `i.create_time < ${bind(timestamp(createTime.before))}::timestamptz`)
  if (lastUpdatedTime?.from)
    add('lastUpdatedTime', `i.last_updated_time >= ${bind(timestamp(lastUpdatedTime.from))}::timestamptz`)
  if (lastUpdatedTime?.before) {
    const before = `${bind(timestamp(lastUpdatedTime.before))}::timestamptz`
    // The second half says where the walk from the newest may begin: nothing is updated before it was created, unless
    // the clock was set back, and never by a day.
    add('lastUpdatedTime', `i.last_updated_time < ${before} and i.create_time < ${before} + interval '1 day'`)
  }
  if (instanceStates !== null)
    add('instanceStates', `i.instance_state = any(${bind(instanceStates)}::text[])`)
  for (const [kind, column] of Object.entries(TEXT_COLUMNS) as [keyof typeof TEXT_COLUMNS, TextColumn][]) {
    const patterns = selection[kind]
    if (patterns === null || (matchesAll(patterns) && column !== 'exit_status')) continue
    // Of one who sees nothing but his own, his name is known before a row is looked at.
    const known = column === 'submitter' && scope.visibility?.operationGroups.length === 0
    const text = known ? `${bind(scope.visibility?.submitter)}::text` : `i.${column}`
    add(kind, oneOf(text, patterns, ignoreCase, bind))
  }
  if (jobParameters.length > 0) add('jobParameters', onOneExecution(jobParameters, ignoreCase, scope, bind))
  if (scope.visibility !== null) {
    const visible = visibleTo(scope.visibility, 'i')
    add('scope', visible.condition)
    Object.assign(bindings, visible.bindings)
  }
  return { conditions, bindings, bind }
}

/** Whoever sees nothing but his own is shown all of its values: said to the planner, it has a simpler condition. */
function withoutNeedlessSecrets(scope: InstanceScope): InstanceScope {
  const { visibility, secrets } = scope
  const ownOnly = visibility?.operationGroups.length === 0 && visibility.submitter === secrets?.shownTo
  return ownOnly ? { ...scope, secrets: null } : scope
}

/** Exact where nothing but equality is asked: then plain indexes serve, and their statistics. */
export function isExact(patterns: Patterns, ignoreCase: boolean): boolean {
  return !ignoreCase && !patterns.some(pattern => pattern.includes('*'))
}

function matchesAll(patterns: Patterns): boolean {
  return patterns.some(pattern => /^\*+$/.test(pattern))
}

function oneOf(of: string, patterns: Patterns, ignoreCase: boolean, bind: Bind): string {
  if (isExact(patterns, ignoreCase))
    return patterns.length === 1 ? `${of} = ${bind(patterns[0])}` : `${of} = any(${bind(patterns)}::text[])`
  const operator = ignoreCase ? 'ilike' : 'like'
  const likes = [...new Set(patterns.map(likePattern))]
  if (likes.length > MOST_ALTERNATIVES) return `${of} ${operator} any(${bind(likes)}::text[])`
  return `(${likes.map(like => `${of} ${operator} ${bind(like)}`).join(' or ')})`
}

/** `*` is the only wildcard: what LIKE has beside it is escaped. */
export function likePattern(pattern: string): string {
  return pattern.replaceAll(/[\\%_]/g, '\\$&').replaceAll(/\*+/g, '%')
}

function onOneExecution(
  filters: readonly ParameterFilter[],
  ignoreCase: boolean,
  scope: InstanceScope,
  bind: Bind
): string {
  const [first, ...more] = filters
  // One alone may be on any execution: the index by value holds the instance and its time, so nothing else is read.
  if (first !== undefined && more.length === 0 && isExact([first.name, first.value], ignoreCase))
    return `exists (select from job_parameter p where ${parameterIs(first, false, scope, bind)} and p.instance_time = i.create_time and p.instance_id = i.instance_id)`
  const each = filters.map((filter, at) => {
    const of = `from job_parameter p where p.execution_id = e.execution_id and ${parameterIs(filter, ignoreCase, scope, bind)}`
    return at < MOST_JOINED ? `exists (select ${of})` : `(select true ${of} limit 1)`
  })
  return `exists (select from job_execution e where e.instance_id = i.instance_id and ${each.join(' and ')})`
}

/** On `job_parameter p` of the instance `i`. */
export function parameterIs(
  { name, value }: ParameterFilter,
  ignoreCase: boolean,
  { secrets }: InstanceScope,
  bind: Bind
): string {
  const parts = [
    oneOf('p.name', [name], ignoreCase, bind),
    isExact([value], ignoreCase) ? valueIs(value, bind) : oneOf('p.value', [value], ignoreCase, bind)
  ]
  // Whoever is not shown a value must not find it out by asking for it. What a definition declares secret is shown to nobody.
  if (secrets !== null) {
    const own = `i.submitter = ${bind(secrets.shownTo)}`
    if (name.includes('*')) parts.push(`(${own} or not ${secretName(secrets.words, bind)})`)
    else if (isSecretName(name, secrets.words)) parts.push(own)
  }
  parts.push(
    'not exists (select from run r where r.instance_id = p.instance_id and p.name = any(r.secret_parameters))'
  )
  return parts.join(' and ')
}

/** `isSecretName` in SQL; the Kelvin sign becomes a k as it does in JavaScript, whatever the database's locale. */
function secretName(words: readonly string[], bind: Bind): string {
  const likes = words.map(word => `%${likePattern(word)}%`)
  return `lower(translate(p.name, ${bind('\u212A-_. ')}, 'k')) like any(${bind(likes)}::text[])`
}

function valueIs(value: string, bind: Bind): string {
  const characters = Array.from(value)
  const prefix = `left(p.value, ${INDEXED_CHARACTERS}) = ${bind(characters.slice(0, INDEXED_CHARACTERS).join(''))}`
  // Of a short value the prefix decides, and a second condition would have the planner expect too few.
  return characters.length < INDEXED_CHARACTERS ? prefix : `${prefix} and p.value = ${bind(value)}`
}

function timestamp(time: Date): string {
  return time.toISOString()
}
