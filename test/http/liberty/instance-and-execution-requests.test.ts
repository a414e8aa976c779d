// What the routes of instances, executions and steps make of paths, queries and bodies, up to the operator.
import t from 'tap'
import { adminCaller } from '../../../src/operator/caller.ts'
import { ALL_INSTANCES } from '../../../src/operator/search.ts'
import { jobExecution, jobInstance, stepExecution } from '../records.ts'
import { standIn } from '../stand-in.ts'

const { http, asked } = standIn({
  jobInstances: async () => [jobInstance(), jobInstance({ instanceId: 29 })],
  jobInstance: async () => jobInstance({ executions: 2 }),
  jobExecutions: async () => [jobExecution({ executionId: 42 }), jobExecution()],
  jobExecution: async () => jobExecution(),
  jobExecutionByNumber: async () => jobExecution(),
  jobInstanceOfExecution: async () => jobInstance(),
  stepExecutions: async () => [stepExecution()],
  stepExecution: async () => stepExecution(),
  stopExecution: async () => jobExecution({ batchStatus: 'STOPPING' }),
  stopInstance: async () => jobExecution({ batchStatus: 'STOPPING' }),
  restart: async () => jobInstance({ executions: 2 })
})
t.teardown(() => http.close())
t.beforeEach(() => {
  asked.length = 0
})
const BATCH = '/ibm/api/batch'
const NOBODY = adminCaller('NOTSET')

async function get(path: string) {
  return http.inject({ url: `${BATCH}${path}`, headers: { host: 'localhost:9080' } })
}

async function put(path: string, payload?: string) {
  return http.inject({ method: 'PUT', url: `${BATCH}${path}`, ...(payload === undefined ? {} : { payload }) })
}

t.test('each path asks the operator for its record, with a slash at the end or without', async t => {
  const cases: [string, ...unknown[]][] = [
    ['/jobinstances/30', 'jobInstance', 30],
    ['/jobinstances/+030', 'jobInstance', 30],
    ['/jobinstances/30/jobexecutions', 'jobExecutions', 30],
    ['/jobinstances/30/jobexecutions/1', 'jobExecutionByNumber', 30, 1],
    ['/jobinstances/30/jobexecnum/1', 'jobExecutionByNumber', 30, 1],
    ['/jobexecutions/41', 'jobExecution', 41],
    ['/jobexecutions/41/jobinstance', 'jobInstanceOfExecution', 41],
    ['/jobexecutions/41/stepexecutions', 'stepExecutions', 41, null],
    ['/jobexecutions/41/stepexecutions/%EB%A7%88%EA%B0%90%2F1', 'stepExecutions', 41, '마감/1'],
    ['/stepexecutions/7', 'stepExecution', 7]
  ]
  for (const [path, ...wanted] of cases) {
    for (const version of ['', '/v1', '/v4']) {
      for (const end of ['', '/', '?foo=bar']) {
        const answer = await get(`${version}${path}${end}`)
        t.equal(answer.statusCode, 200, path)
        t.equal(answer.headers['content-type'], 'application/json; charset=UTF-8')
        t.same(asked.pop(), [...wanted, NOBODY])
      }
    }
  }
})

t.test('a step of a numbered execution is looked for in that execution', async t => {
  for (const segment of ['jobexecutions', 'jobexecnum']) {
    asked.length = 0
    t.equal((await get(`/jobinstances/30/${segment}/0/stepexecutions/close`)).statusCode, 200)
    t.same(asked, [
      ['jobExecutionByNumber', 30, 0, NOBODY],
      ['stepExecutions', 41, 'close', NOBODY]
    ])
  }
})

t.test('links keep the version and the host of the request', async t => {
  t.equal(
    (await get('/v2/jobinstances/30')).json()._links[0].href,
    'http://localhost:9080/ibm/api/batch/v2/jobinstances/30'
  )
  t.same((await get('')).json(), {
    _links: [{ rel: 'job instance', href: 'http://localhost:9080/ibm/api/batch/jobinstances' }]
  })
})

t.test('a configured public URL stands in links, and a strange Host never does', async t => {
  const other = standIn({}, { publicUrl: 'https://batch.example.com/base/' }).http
  t.equal(
    (await other.inject(BATCH)).json()._links[0].href,
    'https://batch.example.com/base/ibm/api/batch/jobinstances'
  )
  const strange = await http.inject({ url: BATCH, headers: { host: 'evil/?x="' } })
  t.equal(strange.json()._links[0].href, 'http://127.0.0.1:9080/ibm/api/batch/jobinstances')
})

t.test('HEAD has the headers of GET and no body', async t => {
  const head = await http.inject({ method: 'HEAD', url: `${BATCH}/jobinstances/30` })
  t.equal(head.statusCode, 200)
  t.equal(head.body, '')
  t.equal(head.headers['content-type'], 'application/json; charset=UTF-8')
})

t.test('ids that are no numbers are 400, ids that cannot exist are 404', async t => {
  for (const id of ['abc', '99999999999999999999', '1.5', '0x10', '%20', '1e3', '-']) {
    t.match((await get(`/jobinstances/${id}`)).json(), {
      status: 400,
      code: 'ParameterInvalid',
      detail: /^job instance id: /
    })
  }
  t.match((await get('/jobexecutions/abc')).json(), { status: 400, detail: /^job execution id: / })
  t.match((await get('/stepexecutions/abc')).json(), { status: 400, detail: /^step execution id: / })
  t.match((await get('/jobinstances/30/jobexecutions/40000')).json(), {
    status: 400,
    detail: /^job execution number: /
  })
  for (const id of ['-1', '0', '9007199254740993', '9223372036854775807']) {
    t.match((await get(`/jobinstances/${id}`)).json(), {
      status: 404,
      detail: `CWWKY0151E: There is no job instance ${id}.`
    })
  }
  t.same(asked, [])
})

t.test('a list is a page of 50 unless asked otherwise', async t => {
  for (const [query, page, pageSize] of [
    ['', 0, 50],
    ['?page=13&pagesize=20', 13, 20],
    ['?pageSize=10000&pagesize=5', 0, 10_000],
    ['?pageSize=1&pageSize=2&instanceState=FAILED', 0, 1]
  ] as const) {
    const answer = await get(`/jobinstances/${query}`)
    t.equal(answer.json().length, 2)
    t.same(asked.pop(), [
      'jobInstances',
      { selection: ALL_INSTANCES, sort: [], paging: { page, pageSize } },
      NOBODY
    ])
  }
})

t.test('a page that is no number, or too large, is refused by its name', async t => {
  for (const query of [
    'page=abc',
    'page=',
    'page=-1',
    'page=2147483648',
    'pageSize=',
    'pageSize=0',
    'pageSize=10001',
    'pageSize=1.5',
    'pagesize=x'
  ]) {
    const answer = await get(`/v2/jobinstances?${query}`)
    t.match(answer.json(), {
      status: 400,
      code: 'ParameterInvalid',
      detail: new RegExp(`^${query.split('=')[0]}: `)
    })
  }
  t.same(asked, [])
})

t.test('a stop needs no body, and reads none', async t => {
  const one = await put('/jobexecutions/41?action=STOP&permitRedirect=true')
  t.match(one.json(), { executionId: 41, batchStatus: 'STOPPING', stepExecutions: { length: 1 } })
  const latest = await put('/jobinstances/30?action=stop', '{')
  t.match(latest.json(), { executionId: 41, stepExecutions: { length: 0 } })
  t.same(asked, [
    ['stopExecution', 41, NOBODY],
    ['stopInstance', 30, NOBODY]
  ])
})

t.test('a restart hands on its parameters and whether to take the old ones', async t => {
  const answer = await put(
    '/jobinstances/30?action=restart&reusePreviousParams=TRUE',
    '{"jobParameters":{"day":"2"}}'
  )
  t.equal(answer.statusCode, 200)
  t.match(answer.json(), { instanceId: 30, _links: { length: 2 } })
  await put('/jobexecutions/41?action=Restart')
  await put('/jobexecutions/41?action=restart&reusePreviousParams=yes', '{}')
  const bare = { jobParameters: {}, reusePreviousParams: false }
  t.same(asked, [
    [
      'restart',
      {
        target: { kind: 'instance', instanceId: 30 },
        jobParameters: { day: '2' },
        reusePreviousParams: true
      },
      NOBODY
    ],
    ['restart', { target: { kind: 'execution', executionId: 41 }, ...bare }, NOBODY],
    ['restart', { target: { kind: 'execution', executionId: 41 }, ...bare }, NOBODY]
  ])
})

t.test('a restart with a bad body, and any other action, is refused', async t => {
  t.match((await put('/jobinstances/30?action=restart', '{"jobParameters":')).json(), {
    status: 400,
    code: 'BodyInvalid'
  })
  t.match((await put('/jobinstances/30?action=restart', '{"jobParameters":{"a":false}}')).json(), {
    status: 400,
    detail: /^jobParameters\.a: /
  })
  for (const query of ['', '?action=', '?action=purge']) {
    t.match((await put(`/jobinstances/30${query}`)).json(), { status: 400, code: 'ActionInvalid' })
    t.match((await put(`/jobexecutions/41${query}`)).json(), { status: 400, code: 'ActionInvalid' })
  }
  t.same(asked, [])
})
