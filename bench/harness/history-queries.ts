// The documented filters and sorts of GET v4/jobinstances as statements, with values as callers give them; first page each.

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
  /** Conditions on `i` with `$1` …; null = none. */
  readonly where: string | null
  readonly orderBy: string
  values(drawn: Drawn): readonly unknown[]
}

const PAGE = 50
const NEWEST = 'i.create_time desc, i.instance_id desc'

/** A caller with the role batchSubmitter only: the security filter comes on top of any other. */
export const OWN = (parameter: number) => `i.submitter = $${parameter}`

export function sqlOf({ where, orderBy }: Pick<HistoryQuery, 'where' | 'orderBy'>): string {
  return /* sql */ `select i.instance_id, i.job_name, i.app_name, i.submitter, i.batch_status, i.exit_status, i.instance_state,
  i.job_xml_name, i.create_time, i.last_updated_time, i.executions
from batchyard.job_instance i${where === null ? '' : ` where ${where}`} order by ${orderBy} limit ${PAGE}`
}

/** `*` is the only wildcard. */
function like(pattern: string): string {
  return pattern.replaceAll(/[\\%_]/g, '\\$&').replaceAll('*', '%')
}

const filter = (
  name: string,
  where: string | null,
  values: (drawn: Drawn) => readonly unknown[] = () => []
): HistoryQuery => ({ name, where, orderBy: NEWEST, values })

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
  filter('lastUpdatedTime=<300d', `i.last_updated_time < current_date - 299`),
  filter('lastUpdatedTime=>3d', `i.last_updated_time >= current_date - 3`),
  filter('instanceState=COMPLETED', 'i.instance_state = any($1)', () => [['COMPLETED']]),
  filter('instanceState=FAILED,STOPPED', 'i.instance_state = any($1)', () => [['FAILED', 'STOPPED']]),
  filter('instanceState=SUBMITTED', 'i.instance_state = any($1)', () => [['SUBMITTED']]),
  filter('instanceState=DISPATCHED', 'i.instance_state = any($1)', () => [['DISPATCHED']]),
  filter('exitStatus=as drawn', 'i.exit_status = $1', d => [d.exit_status]),
  filter('exitStatus=ROWS=n', 'i.exit_status = $1', d => [`ROWS=${d.instance_id * 37}`]),
  filter('exitStatus=ERROR-1*', 'i.exit_status like $1', () => [like('ERROR-1*')]),
  filter('exitStatus=*17*3*', 'i.exit_status like $1', d => [
    like(`*${String(d.instance_id * 37).slice(0, 4)}*`)
  ]),
  filter('exitStatus=*nowhere*', 'i.exit_status like $1', () => [like('*nowhere*')]),
  filter('submitter=as drawn', 'i.submitter = $1', d => [d.submitter]),
  filter('submitter=retired', 'i.submitter = $1', () => ['retired-operator']),
  filter('submitter=nobody', 'i.submitter = $1', () => ['nobody']),
  filter('submitter=*tor00*', 'i.submitter like $1', () => [like('*tor00*')]),
  filter('submitter=*29*', 'i.submitter like $1', d => [like(`*${d.submitter.slice(-3)}`)]),
  filter('submitter=*retired*', 'i.submitter like $1', () => [like('*retired*')]),
  filter('submitter ignoreCase', 'i.submitter ilike $1', d => [like(d.submitter.toUpperCase())]),
  filter('submitter twice', '(i.submitter = $1 or i.submitter = $2)', d => [d.submitter, 'operator297']),
  filter('appName=App', 'i.app_name like $1', d => [like(`${appOf(d)}#*`)]),
  filter('appName=A#A.war', 'i.app_name = $1', d => [d.app_name]),
  filter('appName=*edge*', 'i.app_name like $1', () => [like('*edge*#*')]),
  filter('appName=Legacy', 'i.app_name like $1', () => [like('Legacy#*')]),
  filter('appName=*egac*', 'i.app_name like $1', () => [like('*egac*#*')]),
  filter('appName ignoreCase', 'i.app_name ilike $1', d => [like(`${appOf(d).toLowerCase()}#*`)]),
  filter('jobName=as drawn', 'i.job_name = $1', d => [d.job_name]),
  filter('jobName=import*', 'i.job_name like $1', () => [like('import*')]),
  filter('jobName=*build-3*', 'i.job_name like $1', () => [like('*build-3*')]),
  filter('jobName=*-legacy', 'i.job_name like $1', () => [like('*-legacy')]),
  filter('jobName=*nowhere*', 'i.job_name like $1', () => [like('*nowhere*')]),
  filter('jobName ignoreCase', 'i.job_name ilike $1', d => [like(d.job_name.toUpperCase())]),
  filter('jobParameter, frequent', parameters(parameterIs('$1', '$2')), () => ['region', 'emea']),
  filter('jobParameter, seldom', parameters(parameterIs('$1', '$2')), () => ['region', 'antarctica']),
  filter('jobParameter, a day', parameters(parameterIs('$1', '$2')), d => ['businessDate', d.day]),
  filter('jobParameter, unique', parameters(parameterIs('$1', '$2')), d => ['inputFile', fileOf(d)]),
  filter('jobParameter, nowhere', parameters(parameterIs('$1', '$2')), () => ['region', 'nowhere']),
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
    return {
      name: `sort=${sign}${name}`,
      where: null,
      orderBy: keys.map(each => `${each} ${direction}`).join(', '),
      values: () => []
    }
  })
)
