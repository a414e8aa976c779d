// The documented filters and sorts of GET v4/jobinstances as statements, with values as callers give them; first page each.

import { distinctValues, NEWEST, pageOfEach, pageOfParameter, plainPage } from './page-sql.ts'

/** Of an instance drawn at random: its values are what somebody looks for. */
export interface Drawn {
  readonly instance_id: number
  readonly submitter: string
  readonly app_name: string
  readonly job_name: string
  readonly exit_status: string | null
  readonly create_time: Date
  readonly day: string
  readonly input_file: string | null
}

export interface HistoryQuery {
  readonly name: string
  readonly sql: string
  /** The same page in another shape, for the proposed indexes. */
  readonly rewritten: string
  values(drawn: Drawn): readonly unknown[]
}

/** `*` is the only wildcard. */
function like(pattern: string): string {
  return pattern.replaceAll(/[\\%_]/g, '\\$&').replaceAll('*', '%')
}

const filter = (
  name: string,
  where: string | null,
  values: (drawn: Drawn) => readonly unknown[] = () => [],
  rewritten: string | null = null
): HistoryQuery => {
  const sql = plainPage(where, NEWEST)
  return { name, sql, rewritten: rewritten ?? sql, values }
}

type NamedColumn = 'submitter' | 'app_name' | 'job_name'
type Values = (drawn: Drawn) => readonly unknown[]

const exactly = (name: string, column: NamedColumn | 'exit_status', values: Values): HistoryQuery =>
  filter(name, `i.${column} = $1`, values, pageOfEach(column, 'select unnest(array[$1::text])'))

const matching = (name: string, column: NamedColumn, values: Values, operator = 'like'): HistoryQuery =>
  filter(
    name,
    `i.${column} ${operator} $1`,
    values,
    pageOfEach(column, distinctValues(column, `${operator} $1`))
  )

const inState = (...states: readonly string[]): HistoryQuery =>
  filter(
    `instanceState=${states.join()}`,
    'i.instance_state = any($1)',
    () => [states],
    pageOfEach('instance_state', 'select unnest($1::text[])')
  )

/** All executions of the instance; the conditions are on one of them. */
const parameters = (...conditions: readonly string[]) =>
  `exists (select from batchyard.job_execution e where e.instance_id = i.instance_id and ${conditions
    .map(
      condition =>
        `exists (select from batchyard.job_parameter p where p.execution_id = e.execution_id and ${condition})`
    )
    .join(' and ')})`

const parameterIs = (name: string, value: string) =>
  `p.name = ${name} and left(p.value, 200) = left(${value}, 200) and p.value = ${value}`

/** Of a value shorter than 200: the prefix decides, and a second condition would have the planner expect too few. */
const SHORT = 'p.name = $1 and left(p.value, 200) = $2'

const parameter = (name: string, values: Values): HistoryQuery =>
  filter(name, parameters(parameterIs('$1', '$2')), values, pageOfParameter(SHORT))

const appOf = ({ app_name }: Drawn) => app_name.slice(0, app_name.indexOf('#'))
const fileOf = ({ input_file }: Drawn) => input_file ?? '/data/incoming/none.csv'

export const FILTERS: readonly HistoryQuery[] = [
  filter('no filter', null),
  filter('jobInstanceId=N', 'i.instance_id = $1', d => [d.instance_id]),
  filter('jobInstanceId=A:B', 'i.instance_id between $1 and $2', d => [d.instance_id, d.instance_id + 5000]),
  filter('jobInstanceId=<N', 'i.instance_id <= $1', d => [d.instance_id]),
  filter('jobInstanceId=>N', 'i.instance_id >= $1', d => [d.instance_id]),
  filter('jobInstanceId=A,B,C', 'i.instance_id = any($1)', d => [[d.instance_id, d.instance_id + 7, 3]]),
  filter('createTime=day', 'i.create_time >= $1::date and i.create_time < $1::date + 1', d => [d.day]),
  filter('createTime=range', 'i.create_time >= $1::date and i.create_time < $1::date + 31', d => [d.day]),
  filter('createTime=<180d', `i.create_time < current_date - 179`),
  filter('createTime=>3d', `i.create_time >= current_date - 3`),
  filter(
    'lastUpdatedTime=day',
    'i.last_updated_time >= $1::date and i.last_updated_time < $1::date + 1',
    d => [d.day]
  ),
  // Nothing is updated before it was created: said to the planner, the walk begins where matches can be.
  filter(
    'lastUpdatedTime=<300d',
    'i.last_updated_time < current_date - 299',
    () => [],
    plainPage('i.last_updated_time < current_date - 299 and i.create_time < current_date - 299', NEWEST)
  ),
  filter('lastUpdatedTime=>3d', `i.last_updated_time >= current_date - 3`),
  inState('COMPLETED'),
  inState('FAILED', 'STOPPED'),
  inState('SUBMITTED'),
  inState('DISPATCHED'),
  exactly('exitStatus=as drawn', 'exit_status', d => [d.exit_status]),
  exactly('exitStatus=ROWS=n', 'exit_status', d => [`ROWS=${d.instance_id * 37}`]),
  filter('exitStatus=ERROR-1*', 'i.exit_status like $1', () => [like('ERROR-1*')]),
  filter('exitStatus=*17*3*', 'i.exit_status like $1', d => [
    like(`*${String(d.instance_id * 37).slice(0, 4)}*`)
  ]),
  filter('exitStatus=*nowhere*', 'i.exit_status like $1', () => [like('*nowhere*')]),
  exactly('submitter=as drawn', 'submitter', d => [d.submitter]),
  exactly('submitter=retired', 'submitter', () => ['retired-operator']),
  exactly('submitter=nobody', 'submitter', () => ['nobody']),
  matching('submitter=*tor00*', 'submitter', () => [like('*tor00*')]),
  matching('submitter=*29*', 'submitter', d => [like(`*${d.submitter.slice(-3)}`)]),
  matching('submitter=*retired*', 'submitter', () => [like('*retired*')]),
  matching('submitter ignoreCase', 'submitter', d => [like(d.submitter.toUpperCase())], 'ilike'),
  filter(
    'submitter twice',
    '(i.submitter = $1 or i.submitter = $2)',
    d => [d.submitter, 'operator297'],
    pageOfEach('submitter', 'select unnest(array[$1::text, $2])')
  ),
  matching('appName=App', 'app_name', d => [like(`${appOf(d)}#*`)]),
  exactly('appName=A#A.war', 'app_name', d => [d.app_name]),
  matching('appName=*edge*', 'app_name', () => [like('*edge*#*')]),
  matching('appName=Legacy', 'app_name', () => [like('Legacy#*')]),
  matching('appName=*egac*', 'app_name', () => [like('*egac*#*')]),
  matching('appName ignoreCase', 'app_name', d => [like(`${appOf(d).toLowerCase()}#*`)], 'ilike'),
  exactly('jobName=as drawn', 'job_name', d => [d.job_name]),
  matching('jobName=import*', 'job_name', () => [like('import*')]),
  matching('jobName=*build-3*', 'job_name', () => [like('*build-3*')]),
  matching('jobName=*-legacy', 'job_name', () => [like('*-legacy')]),
  matching('jobName=*nowhere*', 'job_name', () => [like('*nowhere*')]),
  matching('jobName ignoreCase', 'job_name', d => [like(d.job_name.toUpperCase())], 'ilike'),
  parameter('jobParameter, frequent', () => ['region', 'emea']),
  parameter('jobParameter, retired', () => ['region', 'closed-site']),
  parameter('jobParameter, seldom', () => ['region', 'antarctica']),
  parameter('jobParameter, a day', d => ['businessDate', d.day]),
  parameter('jobParameter, unique', d => ['inputFile', fileOf(d)]),
  parameter('jobParameter, nowhere', () => ['region', 'nowhere']),
  filter('jobParameter, *unique*', parameters('p.name = $1 and p.value like $2'), d => [
    'inputFile',
    like(`*${fileOf(d).slice(-20, -6)}*`)
  ]),
  filter('jobParameter, *frequent*', parameters('p.name = $1 and p.value like $2'), () => [
    'inputFile',
    like('*incoming*')
  ]),
  filter('jobParameter, name *', parameters('p.name like $1 and p.value like $2'), d => [
    like('*putFil*'),
    like(`*${fileOf(d).slice(-20, -6)}*`)
  ]),
  filter('jobParameter ignoreCase', parameters('p.name = $1 and p.value ilike $2'), d => [
    'inputFile',
    like(fileOf(d).toUpperCase())
  ]),
  filter('two jobParameters', parameters(parameterIs('$1', '$2'), parameterIs('$3', '$4')), d => [
    'region',
    'latam',
    'businessDate',
    d.day
  ])
]

/** The statuses in the order they sort in. */
export const BATCH_STATUS_ORDINAL = /* sql */ `case i.batch_status when 'STARTING' then 0 when 'STARTED' then 1
  when 'STOPPING' then 2 when 'STOPPED' then 3 when 'FAILED' then 4 when 'COMPLETED' then 5 when 'ABANDONED' then 6 end`

const SORTS = {
  createTime: null,
  lastUpdatedTime: 'i.last_updated_time',
  submitter: 'i.submitter',
  amcName: 'i.app_name',
  jobXMLName: 'i.job_xml_name',
  batchStatus: BATCH_STATUS_ORDINAL,
  exitStatus: 'i.exit_status'
} as const

/** Ties follow the direction of the key. */
export const SINGLE_KEY_SORTS: readonly HistoryQuery[] = Object.entries(SORTS).flatMap(([name, key]) =>
  (['', '-'] as const).map((sign): HistoryQuery => {
    const direction = sign === '' ? 'asc' : 'desc'
    const keys = [...(key === null ? [] : [key]), 'i.create_time', 'i.instance_id']
    const sql = plainPage(null, keys.map(each => `${each} ${direction}`).join(', '))
    return { name: `sort=${sign}${name}`, sql, rewritten: sql, values: () => [] }
  })
)
