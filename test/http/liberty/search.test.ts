// What a query selects, parameter by parameter, form by form.
import t from 'tap'
import { dayStarts } from '../../../src/http/liberty/day-start.ts'
import type { Query } from '../../../src/http/liberty/query.ts'
import { searchOf } from '../../../src/http/liberty/search.ts'
import type { LibertyVersion } from '../../../src/http/liberty/version.ts'
import { ALL_INSTANCES, type InstanceSearch, type InstanceSelection } from '../../../src/operator/search.ts'

const MOST = Number.MAX_SAFE_INTEGER
/** 11 November 2015, 07:00 in New York: the moment of the document's samples. */
const NOW = Date.parse('2015-11-11T12:00Z')

function search(query: Query, version: LibertyVersion = 'v4', timeZone = 'America/New_York'): InstanceSearch {
  return searchOf(query, version, { days: dayStarts(timeZone), now: NOW })
}

const selection = (query: Query, version?: LibertyVersion) => search(query, version).selection

const midnight = (date: string) => new Date(`${date}T05:00Z`)

/** What is selected beside everything. */
const FORMS: readonly [query: Query, selects: Partial<InstanceSelection>][] = [
  [{}, {}],
  [{ jobInstanceId: '5' }, { instanceIds: { kind: 'list', instanceIds: [5] } }],
  [{ jobInstanceId: '5,7,6' }, { instanceIds: { kind: 'list', instanceIds: [5, 7, 6] } }],
  [{ jobInstanceId: '5,' }, { instanceIds: { kind: 'list', instanceIds: [5] } }],
  [{ jobInstanceId: '20:50' }, { instanceIds: { kind: 'range', first: 20, last: 50 } }],
  [{ jobInstanceId: '50:20' }, { instanceIds: { kind: 'range', first: 50, last: 20 } }],
  [{ jobInstanceId: '5:7:9' }, { instanceIds: { kind: 'range', first: 5, last: 7 } }],
  [{ jobInstanceId: '<12' }, { instanceIds: { kind: 'range', first: 0, last: 12 } }],
  [{ jobInstanceId: '>12' }, { instanceIds: { kind: 'range', first: 12, last: MOST } }],
  [{ jobInstanceId: ['5', '6'] }, { instanceIds: { kind: 'list', instanceIds: [5] } }],
  [{ jobinstanceId: '5' }, { instanceIds: { kind: 'list', instanceIds: [5] } }],
  [{ jobinstanceId: '5', jobInstanceId: '6' }, { instanceIds: { kind: 'list', instanceIds: [6] } }],
  [
    { createTime: '2015-11-10' },
    { createTime: { from: midnight('2015-11-10'), before: midnight('2015-11-11') } }
  ],
  [
    { createTime: '2015-11-08:2015-11-11' },
    { createTime: { from: midnight('2015-11-08'), before: midnight('2015-11-12') } }
  ],
  [
    { createTime: '2015-11-11:2015-11-08' },
    { createTime: { from: midnight('2015-11-11'), before: midnight('2015-11-09') } }
  ],
  [{ createTime: '>2d' }, { createTime: { from: midnight('2015-11-09'), before: null } }],
  [{ createTime: '<2d' }, { createTime: { from: null, before: midnight('2015-11-10') } }],
  [{ createTime: '>0d' }, { createTime: { from: midnight('2015-11-11'), before: null } }],
  [{ createTime: '<0d' }, { createTime: { from: null, before: midnight('2015-11-12') } }],
  [{ createTime: '>2147483647d' }, { createTime: { from: new Date('0001-01-01T00:00Z'), before: null } }],
  [
    { createTime: '2015-13-1' },
    { createTime: { from: midnight('2016-01-01'), before: midnight('2016-01-02') } }
  ],
  [
    { createTime: '2015-11-31' },
    { createTime: { from: midnight('2015-12-01'), before: midnight('2015-12-02') } }
  ],
  [{ createTime: ['<0d', '>9d'] }, { createTime: { from: null, before: midnight('2015-11-12') } }],
  [
    { lastUpdatedTime: '2015-11-10' },
    { lastUpdatedTime: { from: midnight('2015-11-10'), before: midnight('2015-11-11') } }
  ],
  [{ lastUpdatedTime: '>3d' }, { lastUpdatedTime: { from: midnight('2015-11-08'), before: null } }],
  [{ lastUpdatedTime: '<3d' }, { lastUpdatedTime: { from: null, before: midnight('2015-11-09') } }],
  [
    { lastUpdatedTime: '2015-11-08:2015-11-09' },
    { lastUpdatedTime: { from: midnight('2015-11-08'), before: midnight('2015-11-10') } }
  ],
  [{ instanceState: 'FAILED' }, { instanceStates: ['FAILED'] }],
  [{ instanceState: ' completed , Failed ,' }, { instanceStates: ['COMPLETED', 'FAILED'] }],
  [
    { instanceState: 'SUBMITTED,JMS_QUEUED,JMS_CONSUMED,DISPATCHED,STOPPED,ABANDONED' },
    { instanceStates: ['SUBMITTED', 'JMS_QUEUED', 'JMS_CONSUMED', 'DISPATCHED', 'STOPPED', 'ABANDONED'] }
  ],
  [{ instanceState: ['FAILED', 'STOPPED'] }, { instanceStates: ['FAILED'] }],
  [{ exitStatus: '*JOB*' }, { exitStatus: ['*JOB*'] }],
  [{ exitStatus: ['A', 'B'] }, { exitStatus: ['A', 'B'] }],
  [{ submitter: ['alice', 'bob'] }, { submitter: ['alice', 'bob'] }],
  [{ jobName: ['a', 'b*'] }, { jobName: ['a', 'b*'] }],
  [{ appName: 'MyApp' }, { appName: ['MyApp#*'] }],
  [{ appName: ['MyApp#MyApp.war', 'My*'] }, { appName: ['MyApp#MyApp.war', 'My*#*'] }],
  [{ ignoreCase: 'TRUE' }, { ignoreCase: true }],
  [{ ignoreCase: '1' }, {}],
  [{ ignoreCase: '' }, {}],
  [{ ignoreCase: ['false', 'true'] }, {}],
  [{ 'jobParameter.x': 'y' }, { jobParameters: [{ name: 'x', value: 'y' }] }],
  [{ 'jobParameter.x': '' }, { jobParameters: [{ name: 'x', value: '' }] }],
  [{ 'jobParameter.x': ['1', '2'] }, { jobParameters: [{ name: 'x', value: '1' }] }],
  [
    { 'jobParameter.a.*': '*', 'jobParameter.b': '2' },
    {
      jobParameters: [
        { name: 'a.*', value: '*' },
        { name: 'b', value: '2' }
      ]
    }
  ],
  [{ jobParameterX: '1', jobparameter: '2', 'foo.bar': '3' }, {}]
]

t.test('each form of each filter selects what the document says', async t => {
  for (const [query, selects] of FORMS)
    t.same(selection(query), { ...ALL_INSTANCES, ...selects }, JSON.stringify(query))
})

t.test('several filters select together', async t => {
  t.same(
    selection(
      {
        jobInstanceId: '4500:4600',
        createTime: '2015-11-27',
        instanceState: 'COMPLETED',
        exitStatus: '*JOB*'
      },
      'v2'
    ),
    {
      ...ALL_INSTANCES,
      instanceIds: { kind: 'range', first: 4500, last: 4600 },
      createTime: { from: midnight('2015-11-27'), before: midnight('2015-11-28') },
      instanceStates: ['COMPLETED'],
      exitStatus: ['*JOB*']
    }
  )
})

const WRONG: Readonly<Record<string, readonly string[]>> = {
  jobInstanceId: [
    '',
    ',',
    ',,',
    ',5',
    '5,,6',
    'abc',
    '-1',
    '-1:5',
    '1:-5',
    '139:',
    ':1',
    '<',
    '>',
    '<-1',
    ' 5',
    '1.5',
    '9223372036854775808'
  ],
  jobinstanceId: [''],
  createTime: [
    '',
    'yesterday',
    '>2',
    '>xd',
    '<d',
    '>-3d',
    '> 3d',
    '>3d ',
    '3d',
    '>3dd',
    '>2147483648d',
    '2015',
    '2015-11',
    '15-11-10',
    '2015-11-10T00:00',
    '2015-11-10,2015-11-11',
    '2015-11-10:',
    ':2015-11-10',
    ':',
    '2015-11-08:2015-11-09:2015-11-10',
    '2015/11/10',
    '２０１５-11-10'
  ],
  lastUpdatedTime: ['', 'x', '>3', '<xd', '2015-11-10:x'],
  instanceState: ['', ',', 'DONE', 'FAILED,,STOPPED', ',FAILED', 'FAILED;STOPPED', 'STARTED', '*'],
  exitStatus: [''],
  submitter: [''],
  appName: [''],
  jobName: [''],
  'jobParameter.': ['x', ''],
  page: ['', 'abc', '-1', '1.5', '1e3', '2147483648', ' 1', '0x1'],
  pageSize: ['', 'abc', '-1', '0', '10001', '2147483648'],
  pagesize: ['', 'x']
}

t.test('what cannot be read, and a filter without a value, is 400 naming the parameter', async t => {
  for (const [name, values] of Object.entries(WRONG))
    for (const value of values)
      t.throws(
        () => search({ [name]: value }),
        { code: 'ParameterInvalid', message: new RegExp(`^${RegExp.escape(name)}`) },
        `${name}=${value}`
      )
  for (const name of ['exitStatus', 'submitter', 'appName', 'jobName'])
    t.throws(() => search({ [name]: ['a', ''] }), { code: 'ParameterInvalid' })
})

t.test('more parameters than are looked for at once are refused', async t => {
  const asked = (count: number) =>
    Object.fromEntries(Array.from({ length: count }, (_, at) => [`jobParameter.p${at}`, '1']))
  t.equal(search(asked(20)).selection.jobParameters.length, 20)
  t.throws(() => search(asked(21)), { code: 'ParameterInvalid' })
})

t.test('before v4 only the first exit status counts', async t => {
  t.same(selection({ exitStatus: ['FAILED', 'COMPLETED'] }, 'v2').exitStatus, ['FAILED'])
  t.same(selection({ exitStatus: ['FAILED', 'COMPLETED'] }, 'v3').exitStatus, ['FAILED'])
})

t.test('sort takes its fields in order, `-` for descending; the first sort counts', async t => {
  const sort = (text: string | string[]) =>
    search({ sort: text }).sort.map(({ field, descending }) => (descending ? '-' : '') + field)
  t.same(sort('submitter,-lastUpdatedTime'), ['submitter', '-lastUpdatedTime'])
  t.same(sort('createTime,amcName,-jobXMLName,batchStatus,exitStatus'), [
    'createTime',
    'amcName',
    '-jobXMLName',
    'batchStatus',
    'exitStatus'
  ])
  t.same(sort(['-createTime', 'createTime']), ['-createTime'])
  t.same(sort('-bogus,createTime, submitter,--exitStatus,instanceId,SUBMITTER,'), ['createTime'])
})
