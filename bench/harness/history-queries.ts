// The documented filters and sorts of GET v4/jobinstances, as queries with the values of an instance that somebody looks for.

/** Of an instance drawn at random. */
export interface Drawn {
  readonly instance_id: number
  readonly submitter: string
  readonly app_name: string
  readonly job_name: string
  readonly exit_status: string | null
  readonly day: string
  readonly input_file: string | null
}

type Query = Readonly<Record<string, string | readonly string[]>>

export interface HistoryQuery {
  readonly name: string
  of(drawn: Drawn): Query
}

const query = (name: string, of: HistoryQuery['of']): HistoryQuery => ({ name, of })
const fixed = (...filters: readonly [parameter: string, value: string][]): HistoryQuery[] =>
  filters.map(([parameter, value]) => query(`${parameter}=${value}`, () => ({ [parameter]: value })))

const appOf = ({ app_name }: Drawn) => app_name.slice(0, app_name.indexOf('#'))
const fileOf = ({ input_file }: Drawn) => input_file ?? '/data/incoming/nowhere.csv'
const partOf = (drawn: Drawn) => `*${fileOf(drawn).slice(-20, -6)}*`

/** First page each, without a sort. */
export const FILTERS: readonly HistoryQuery[] = [
  query('no filter', () => ({})),
  query('jobInstanceId=N', d => ({ jobInstanceId: String(d.instance_id) })),
  query('jobInstanceId=A:B', d => ({ jobInstanceId: `${d.instance_id}:${d.instance_id + 5000}` })),
  query('jobInstanceId=<N', d => ({ jobInstanceId: `<${d.instance_id}` })),
  query('jobInstanceId=>N', d => ({ jobInstanceId: `>${d.instance_id}` })),
  query('jobInstanceId=A,B,C', d => ({ jobInstanceId: `${d.instance_id},${d.instance_id + 7},3` })),
  query('createTime=day', d => ({ createTime: d.day })),
  query('createTime=range', d => ({ createTime: `${d.day}:${d.day.slice(0, 8)}31` })),
  ...fixed(['createTime', '<180d'], ['createTime', '>3d']),
  query('lastUpdatedTime=day', d => ({ lastUpdatedTime: d.day })),
  ...fixed(
    ['lastUpdatedTime', '<300d'],
    ['lastUpdatedTime', '>3d'],
    ['instanceState', 'COMPLETED'],
    ['instanceState', 'FAILED,STOPPED'],
    ['instanceState', 'SUBMITTED'],
    ['instanceState', 'DISPATCHED']
  ),
  query('exitStatus=as drawn', d => ({ exitStatus: d.exit_status ?? 'COMPLETED' })),
  query('exitStatus=ROWS=n', d => ({ exitStatus: `ROWS=${d.instance_id * 37}` })),
  ...fixed(['exitStatus', 'ERROR-1*'], ['exitStatus', '*nowhere*']),
  query('exitStatus=*17*3*', d => ({ exitStatus: `*${String(d.instance_id * 37).slice(0, 4)}*` })),
  query('exitStatus ignoreCase', d => ({ exitStatus: `rows=${d.instance_id * 37}`, ignoreCase: 'true' })),
  query('submitter=as drawn', d => ({ submitter: d.submitter })),
  query('submitter=*29*', d => ({ submitter: `*${d.submitter.slice(-3)}` })),
  query('submitter twice', d => ({ submitter: [d.submitter, 'operator297'] })),
  query('submitter ignoreCase', d => ({ submitter: d.submitter.toUpperCase(), ignoreCase: 'true' })),
  ...fixed(
    ['submitter', 'retired-operator'],
    ['submitter', 'nobody'],
    ['submitter', '*tor00*'],
    ['submitter', '*retired*']
  ),
  query('appName=App', d => ({ appName: appOf(d) })),
  query('appName=A#A.war', d => ({ appName: d.app_name })),
  query('appName ignoreCase', d => ({ appName: appOf(d).toLowerCase(), ignoreCase: 'true' })),
  ...fixed(['appName', '*edge*'], ['appName', 'Legacy'], ['appName', '*egac*']),
  query('jobName=as drawn', d => ({ jobName: d.job_name })),
  query('jobName ignoreCase', d => ({ jobName: d.job_name.toUpperCase(), ignoreCase: 'true' })),
  ...fixed(
    ['jobName', 'import*'],
    ['jobName', '*build-3*'],
    ['jobName', '*-legacy'],
    ['jobName', '*nowhere*'],
    ['jobParameter.region', 'emea'],
    ['jobParameter.region', 'closed-site'],
    ['jobParameter.region', 'antarctica'],
    ['jobParameter.region', 'nowhere'],
    ['jobParameter.inputFile', '*incoming*']
  ),
  query('jobParameter, a day', d => ({ 'jobParameter.businessDate': d.day })),
  query('jobParameter, unique', d => ({ 'jobParameter.inputFile': fileOf(d) })),
  query('jobParameter, *unique*', d => ({ 'jobParameter.inputFile': partOf(d) })),
  query('jobParameter, name *', d => ({ 'jobParameter.*putFil*': partOf(d) })),
  query('jobParameter ignoreCase', d => ({ 'jobParameter.INPUTFILE': fileOf(d), ignoreCase: 'true' }))
]

const FIELDS = [
  'createTime',
  'lastUpdatedTime',
  'submitter',
  'amcName',
  'jobXMLName',
  'batchStatus',
  'exitStatus'
]

export const SORTS: readonly HistoryQuery[] = FIELDS.flatMap(field =>
  fixed(['sort', field], ['sort', `-${field}`])
)

const part = (drawn: Drawn) => `*${String(drawn.instance_id * 37).slice(0, 4)}*`

export const COMBINATIONS: readonly HistoryQuery[] = [
  query('two jobParameters', d => ({ 'jobParameter.region': 'latam', 'jobParameter.businessDate': d.day })),
  query('state, time and exit status', d => ({
    instanceState: 'COMPLETED',
    createTime: `>90d`,
    exitStatus: part(d)
  })),
  query('name and state, sorted', d => ({
    jobName: d.job_name,
    instanceState: 'FAILED',
    sort: '-lastUpdatedTime'
  })),
  query('application and job', d => ({ appName: appOf(d), jobName: d.job_name })),
  query('application and day', d => ({ appName: appOf(d), createTime: d.day })),
  query('submitter and state', d => ({ submitter: d.submitter, instanceState: 'FAILED,STOPPED' })),
  query('submitter, application and time', d => ({
    submitter: d.submitter,
    appName: appOf(d),
    createTime: '<180d'
  })),
  query('job pattern, state and time', () => ({
    jobName: '*build-*',
    instanceState: 'STOPPED',
    createTime: '>30d'
  })),
  query('job and parameter', d => ({ jobName: d.job_name, 'jobParameter.region': 'nordics' })),
  query('parameter and state', () => ({ 'jobParameter.region': 'antarctica', instanceState: 'FAILED' })),
  query('ids, state and sort', d => ({
    jobInstanceId: `${d.instance_id}:${d.instance_id + 20_000}`,
    instanceState: 'FAILED',
    sort: 'submitter,-createTime'
  })),
  query('updated and exit status', d => ({ lastUpdatedTime: d.day, exitStatus: 'ERROR-1*' })),
  query('a short pattern', () => ({ jobName: '*x*' })),
  ...fixed(['sort', 'submitter,-lastUpdatedTime'], ['sort', '-batchStatus,amcName'])
]

/** The two hundredth page of 50, of what has that many. */
export const DEEP_PAGES: readonly HistoryQuery[] = [
  ...FILTERS.filter(({ name }) =>
    [
      'no filter',
      'createTime=<180d',
      'instanceState=COMPLETED',
      'instanceState=FAILED,STOPPED',
      'submitter=as drawn',
      'appName=App',
      'jobName=import*',
      'jobParameter.region=emea'
    ].includes(name)
  ),
  ...SORTS.filter(({ name }) => !name.includes('-'))
].map(each => query(`page 200: ${each.name}`, d => ({ ...each.of(d), page: '199', pageSize: '50' })))
