// What a search finds, told without SQL: the model that the store's statements are compared with, and what to search for.
import fc from 'fast-check'
import { BATCH_STATUSES, type BatchStatus } from '../../src/batch/batch-status.ts'
import { INSTANCE_STATES, type InstanceState } from '../../src/batch/instance-state.ts'
import { isSecretName } from '../../src/batch/secret-parameters.ts'
import {
  ALL_INSTANCES,
  type InstanceScope,
  type InstanceSearch,
  type InstanceSelection,
  SORT_FIELDS,
  type SortKey,
  type TimeRange
} from '../../src/store/instance-selection.ts'

export interface Modelled {
  readonly instanceId: number
  readonly jobName: string
  readonly appName: string
  readonly jobXMLName: string
  readonly submitter: string
  readonly operationGroups: readonly string[]
  readonly batchStatus: BatchStatus
  readonly instanceState: InstanceState
  readonly exitStatus: string | null
  readonly createTime: Date
  readonly lastUpdatedTime: Date
  /** The parameters of each. */
  readonly executions: readonly Readonly<Record<string, string>>[]
}

/** Few letters, so that texts meet: letters of both cases, what LIKE and POSIX know, what is not ASCII. */
const text = fc
  .array(fc.constantFrom('a', 'B', 'b', '%', '_', '\\', "'", '#', '.', '정', ' ', '?', ':x'), {
    maxLength: 4
  })
  .map(of => of.join(''))
const word = text.filter(some => some !== '')
const pattern = fc.oneof(
  word,
  fc
    .array(fc.oneof(text, fc.constant('*')), { minLength: 1, maxLength: 5 })
    .map(of => of.join(''))
    .filter(some => some !== '')
)
/** Names of parameters, some of them secret. */
const name = fc.oneof(word, fc.constantFrom('token', 'db-Pass_word', 'password2', 'TO\u212AEN', 'pass'))
const namePattern = fc.oneof(name, pattern, fc.constantFrom('*', 'pass*', '*word*', '*EN'))
const day = 24 * 60 * 60_000
const time = fc
  .integer({ min: 0, max: 20 })
  .map(quarter => new Date(Date.UTC(2026, 2, 1) + (quarter * day) / 4))

export const modelled: fc.Arbitrary<Modelled> = fc
  .record({
    instanceId: fc.constant(0),
    jobName: word,
    appName: fc.tuple(word, text).map(([app, module]) => `${app}#${module}`),
    jobXMLName: word,
    submitter: fc.constantFrom('bob', 'Bob', 'alice', 'a*b'),
    operationGroups: fc.subarray(['g', 'h']),
    batchStatus: fc.constantFrom(...BATCH_STATUSES),
    instanceState: fc.constantFrom(...INSTANCE_STATES),
    exitStatus: fc.option(word),
    createTime: time,
    lastUpdatedTime: time,
    executions: fc.array(
      fc.dictionary(
        name.filter(some => some !== '__proto__'),
        text,
        { maxKeys: 3 }
      ),
      { maxLength: 2 }
    )
  })
  .map(one => (one.lastUpdatedTime < one.createTime ? { ...one, lastUpdatedTime: one.createTime } : one))

const range: fc.Arbitrary<TimeRange> = fc.record({ from: fc.option(time), before: fc.option(time) })
const patterns = (of: fc.Arbitrary<string>) =>
  fc.option(fc.array(of, { minLength: 1, maxLength: 3 }), { freq: 1 })

const selection: fc.Arbitrary<InstanceSelection> = fc
  .record(
    {
      instanceIds: fc.oneof(
        fc.record({ kind: fc.constant('range' as const), first: fc.nat(40), last: fc.nat(40) }),
        fc.record({ kind: fc.constant('list' as const), instanceIds: fc.array(fc.nat(40), { maxLength: 5 }) })
      ),
      createTime: range,
      lastUpdatedTime: range,
      instanceStates: fc.subarray([...INSTANCE_STATES], { minLength: 1 }),
      exitStatus: patterns(pattern),
      submitter: patterns(fc.constantFrom('bob', 'BOB', 'b*', '*', 'a*b', '*l*c*', 'nobody')),
      appName: patterns(pattern.map(some => (some.includes('#') ? some : `${some}#*`))),
      jobName: patterns(pattern),
      jobParameters: fc.array(fc.record({ name: namePattern, value: fc.oneof(text, pattern) }), {
        maxLength: 5
      }),
      ignoreCase: fc.boolean()
    },
    { requiredKeys: [] }
  )
  .chain(all =>
    fc.subarray(Object.keys(all)).map(kept => ({
      ...ALL_INSTANCES,
      ...Object.fromEntries(Object.entries(all).filter(([key]) => kept.includes(key)))
    }))
  )

export const searches: fc.Arbitrary<{ search: InstanceSearch; scope: InstanceScope }> = fc.record({
  search: fc.record({
    selection,
    sort: fc.oneof(
      fc.constant([]),
      fc.array(fc.record({ field: fc.constantFrom(...SORT_FIELDS), descending: fc.boolean() }), {
        maxLength: 3
      })
    ),
    paging: fc.record({ page: fc.nat(3), pageSize: fc.constantFrom(1, 3, 50, 2000) })
  }),
  scope: fc.record({
    visibility: fc.option(
      fc.record({
        submitter: fc.constantFrom('bob', 'alice', 'a*b'),
        operationGroups: fc.subarray(['g', "h'"])
      })
    ),
    secrets: fc.option(
      fc.record({ words: fc.constant(['password', 'token']), shownTo: fc.constantFrom('bob', 'alice') })
    )
  })
})

/** The ids of the page. */
export function found(
  instances: readonly Modelled[],
  { selection, sort, paging }: InstanceSearch,
  scope: InstanceScope
): number[] {
  const ids = instances
    .filter(instance => isVisible(instance, scope) && isSelected(instance, selection, scope))
    .toSorted((a, b) => compare(a, b, sort))
    .map(({ instanceId }) => instanceId)
  return ids.slice(paging.page * paging.pageSize, (paging.page + 1) * paging.pageSize)
}

function isVisible({ submitter, operationGroups }: Modelled, { visibility }: InstanceScope): boolean {
  return (
    visibility === null ||
    submitter === visibility.submitter ||
    operationGroups.some(group => visibility.operationGroups.includes(group))
  )
}

function isSelected(instance: Modelled, selection: InstanceSelection, { secrets }: InstanceScope): boolean {
  const { instanceIds, instanceStates, ignoreCase } = selection
  const matches = (value: string, some: string) => isMatch(value, some, ignoreCase)
  const oneOf = (value: string | null, some: readonly string[] | null) =>
    some === null || (value !== null && some.some(each => matches(value, each)))
  const shown = (parameter: string) =>
    secrets === null || instance.submitter === secrets.shownTo || !isSecretName(parameter, secrets.words)
  const idMatches =
    instanceIds === null ||
    (instanceIds.kind === 'list'
      ? instanceIds.instanceIds.includes(instance.instanceId)
      : instance.instanceId >= instanceIds.first && instance.instanceId <= instanceIds.last)
  return (
    idMatches &&
    isWithin(instance.createTime, selection.createTime) &&
    isWithin(instance.lastUpdatedTime, selection.lastUpdatedTime) &&
    (instanceStates === null || instanceStates.includes(instance.instanceState)) &&
    oneOf(instance.exitStatus, selection.exitStatus) &&
    oneOf(instance.submitter, selection.submitter) &&
    oneOf(instance.appName, selection.appName) &&
    oneOf(instance.jobName, selection.jobName) &&
    (selection.jobParameters.length === 0 ||
      instance.executions.some(parameters =>
        selection.jobParameters.every(filter =>
          Object.entries(parameters).some(
            ([key, value]) => matches(key, filter.name) && matches(value, filter.value) && shown(key)
          )
        )
      ))
  )
}

function isWithin(at: Date, range: TimeRange | null): boolean {
  return (
    range === null ||
    ((range.from === null || at >= range.from) && (range.before === null || at < range.before))
  )
}

/** `*` any characters; the rest as it is. PostgreSQL's lower case of the Kelvin sign is k. */
function isMatch(value: string, some: string, ignoreCase: boolean): boolean {
  const cased = (one: string) => (ignoreCase ? one.toLowerCase() : one)
  const parts = some.split('*').map(part => RegExp.escape(cased(part)))
  return new RegExp(`^${parts.join('.*')}$`, 's').test(cased(value))
}

const ORDER: Readonly<Record<SortKey['field'], (instance: Modelled) => string | number | null>> = {
  createTime: ({ createTime }) => createTime.getTime(),
  lastUpdatedTime: ({ lastUpdatedTime }) => lastUpdatedTime.getTime(),
  submitter: ({ submitter }) => submitter,
  amcName: ({ appName }) => appName,
  jobXMLName: ({ jobXMLName }) => jobXMLName,
  batchStatus: ({ batchStatus }) => BATCH_STATUSES.indexOf(batchStatus),
  exitStatus: ({ exitStatus }) => exitStatus
}

/** What is null comes last, or first where it goes down: as PostgreSQL has it. */
function compare(a: Modelled, b: Modelled, sort: readonly SortKey[]): number {
  const descending =
    sort.filter((key, at) => sort.findIndex(({ field }) => field === key.field) === at).at(-1)?.descending ??
    true
  for (const key of [...sort, { field: 'createTime', descending } as const]) {
    const one = ORDER[key.field](a)
    const other = ORDER[key.field](b)
    if (one === other) continue
    const rises = one === null ? false : other === null || one < other
    return rises === key.descending ? 1 : -1
  }
  return descending ? b.instanceId - a.instanceId : a.instanceId - b.instanceId
}
