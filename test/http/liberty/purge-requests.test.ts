// What a DELETE asks of the operator, and how what became of it is answered.
import t from 'tap'
import { adminCaller } from '../../../src/operator/caller.ts'
import type { PurgeResult } from '../../../src/operator/purge-result.ts'
import { ALL_INSTANCES, type InstanceSearch, type InstanceSelection } from '../../../src/operator/search.ts'
import { standIn } from '../stand-in.ts'

const BATCH = '/ibm/api/batch'
const result: PurgeResult = {
  instanceId: 30,
  purgeStatus: 'NOT_LOCAL',
  message: 'there',
  restUrl: 'http://b:9080/ibm/api/batch'
}
const { http, asked } = standIn({
  purge: async () => null,
  purgeAll: async () => [result],
  deleteJobLogs: async () => {}
})
t.teardown(() => http.close())
t.beforeEach(() => void asked.splice(0))

const remove = async (path: string) => http.inject({ method: 'DELETE', url: `${BATCH}${path}` })

async function selectionOf(value: string): Promise<InstanceSelection['instanceIds'] | undefined> {
  asked.splice(0)
  await remove(`/v4/jobinstances?jobInstanceId=${encodeURIComponent(value)}`)
  return (asked[0]?.[1] as InstanceSearch | undefined)?.selection.instanceIds
}

t.test('the forms of jobInstanceId are read as the product reads them', async t => {
  const most = Number.MAX_SAFE_INTEGER
  t.same(await selectionOf('5'), { kind: 'list', instanceIds: [5] })
  t.same(await selectionOf('5,7,6'), { kind: 'list', instanceIds: [5, 7, 6] })
  t.same(await selectionOf('5,'), { kind: 'list', instanceIds: [5] })
  t.same(await selectionOf('5:7'), { kind: 'range', first: 5, last: 7 })
  t.same(await selectionOf('5:7:9'), { kind: 'range', first: 5, last: 7 })
  t.same(await selectionOf('<12'), { kind: 'range', first: 0, last: 12 })
  t.same(await selectionOf('>12'), { kind: 'range', first: 12, last: most })
  t.same(await selectionOf('9223372036854775807'), { kind: 'list', instanceIds: [most] })
})

t.test('what is no id is 400, and never taken for no filter', async t => {
  for (const value of [
    '',
    ',',
    ',,',
    ',5',
    '5,,6',
    'abc',
    '-1',
    '+1',
    ' 5',
    '5 ',
    '1.5',
    '0x1',
    '5e1',
    '1:',
    ':1',
    ':',
    '<',
    '>',
    '<-1',
    '12<',
    '<>',
    '5;6',
    '*',
    '9223372036854775808',
    '٣'
  ]) {
    t.equal(await selectionOf(value), undefined, value)
    const answer = await remove(`/v2/jobinstances?jobInstanceId=${encodeURIComponent(value)}`)
    t.match(answer.json(), { status: 400, code: 'ParameterInvalid', detail: /^jobInstanceId/ }, value)
  }
})

t.test(
  'a filter that a list would overlook is 400, beside another one too, and nothing is purged',
  async t => {
    const filters: Readonly<Record<string, readonly string[]>> = {
      // Of a later version.
      v2: [
        'lastUpdatedTime=<3d',
        'submitter=bob',
        'appName=a',
        'jobName=',
        'jobParameter.x=1',
        'ignoreCase=true',
        'sort=createTime'
      ],
      v3: ['submitter=bob', 'appName=a', 'jobName=', 'ignoreCase=true'],
      // Spelt as no version has it, or both ways.
      v4: [
        'SUBMITTER=bob',
        'createtime=2026-01-01',
        'jobparameter.x=1',
        'jobParameterX=1',
        'JobInstanceId=5',
        'Sort=createTime',
        'PAGE=2',
        'jobInstanceId=5&jobinstanceId=6'
      ]
    }
    for (const [version, some] of Object.entries(filters))
      for (const filter of some)
        for (const more of ['', '&createTime=%3E3d'])
          t.match(
            (await remove(`/${version}/jobinstances?${filter}${more}`)).json(),
            { status: 400, code: 'ParameterInvalid' },
            `${version} ${filter}`
          )
    t.same(asked, [])
  }
)

t.test('what a list reads selects what is purged, the sort with it', async t => {
  await remove(
    '/v4/jobinstances?instanceState=FAILED&exitStatus=E*&submitter=bob&submitter=al*&appName=A&jobName=j&ignoreCase=true&jobParameter.x=1&sort=-submitter&foo=1'
  )
  t.match(asked[0], [
    'purgeAll',
    {
      selection: {
        instanceStates: ['FAILED'],
        exitStatus: ['E*'],
        submitter: ['bob', 'al*'],
        appName: ['A#*'],
        jobName: ['j'],
        ignoreCase: true,
        jobParameters: [{ name: 'x', value: '1' }]
      },
      sort: [{ field: 'submitter', descending: true }]
    }
  ])
})

t.test('an empty filter is 400 and purges nothing', async t => {
  for (const name of [
    'createTime',
    'lastUpdatedTime',
    'instanceState',
    'exitStatus',
    'submitter',
    'appName',
    'jobName'
  ])
    for (const more of ['', '&jobInstanceId=5'])
      t.equal((await remove(`/v4/jobinstances?${name}=${more}`)).statusCode, 400, name)
  t.equal((await remove('/v4/jobinstances?instanceState=,')).statusCode, 400)
  t.same(asked, [])
})

t.test('v3 and v4 say which parameters they overlooked', async t => {
  const answer = await remove('/v4/jobinstances?submitter=bob&jobInstanceId=157,159&foo=1')
  t.equal(answer.headers['x-ibm-unrecognized-fields'], 'foo')
  t.equal(
    (await remove('/v2/jobinstances?jobInstanceId=157&foo=1')).headers['x-ibm-unrecognized-fields'],
    undefined
  )
})

t.test(
  'an unknown parameter alone may be a filter with a slip in its name: 400; beside a filter it is overlooked',
  async t => {
    for (const query of ['jobInstanceIds=5', 'instanceId=5', 'foo', 'jobInstanceId%5B%5D=5'])
      t.match((await remove(`/v2/jobinstances?${query}`)).json(), { status: 400 }, query)
    t.same(asked, [])
    t.equal((await remove('/v4/jobinstances?foo=1&jobInstanceId=5')).statusCode, 200)
  }
)

t.test(
  'without a filter it is the first page of 50; page, pageSize and the switch are handed on',
  async t => {
    await remove('/v2/jobinstances?permitRedirect=true')
    await remove('/v3/jobinstances?jobinstanceId=5&page=2&pagesize=7&purgeJobStoreOnly=True')
    t.match(asked, [
      [
        'purgeAll',
        { selection: ALL_INSTANCES, sort: [], paging: { page: 0, pageSize: 50 } },
        { jobStoreOnly: false },
        adminCaller('NOTSET')
      ],
      [
        'purgeAll',
        { selection: { instanceIds: { instanceIds: [5] } }, paging: { page: 2, pageSize: 7 } },
        { jobStoreOnly: true }
      ]
    ])
    for (const page of ['page=x', 'page=-1', 'pageSize=0', 'pageSize=10001', 'pageSize='])
      t.equal((await remove(`/v2/jobinstances?${page}`)).statusCode, 400, page)
  }
)

t.test('the answer of a bulk purge is an array in Liberty’s layout', async t => {
  const answer = await remove('/v2/jobinstances?jobInstanceId=30')
  t.equal(
    answer.body,
    `[
    {
        "instanceId":30,
        "purgeStatus":"NOT_LOCAL",
        "message":"there",
        "redirectUrl":"http://b:9080/ibm/api/batch/jobinstances/30"
    }
]
`
  )
})

t.test('the oldest version and the path without one have no bulk purge: 405 with what they have', async t => {
  for (const version of ['', '/v1']) {
    const answer = await remove(`${version}/jobinstances?jobInstanceId=5`)
    t.equal(answer.statusCode, 405)
    t.equal(answer.headers['allow'], 'GET, HEAD, OPTIONS, POST')
  }
  t.same(asked, [])
})

t.test('a purge of one whose logs another server has is 302 to that server', async t => {
  const { http: elsewhere } = standIn({ purge: async () => 'http://b:9080/ibm/api/batch/' })
  const answer = await elsewhere.inject({ method: 'DELETE', url: `${BATCH}/v4/jobinstances/30` })
  t.equal(answer.statusCode, 302)
  t.equal(answer.headers['location'], 'http://b:9080/ibm/api/batch/jobinstances/30')
})

t.test('an id that is none is refused before the operator is asked', async t => {
  for (const path of ['/jobinstances/x', '/v2/jobinstances/x', '/jobinstances/5x/joblogs'])
    t.equal((await remove(path)).statusCode, 400, path)
  t.same(asked, [])
})
