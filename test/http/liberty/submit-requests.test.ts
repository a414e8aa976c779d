// The three ways to submit, and what each makes of missing, blank and mistyped values, up to the operator.
import t from 'tap'
import { adminCaller } from '../../../src/operator/caller.ts'
import { jobInstance } from '../records.ts'
import { standIn } from '../stand-in.ts'

const SUBMIT = '/ibm/api/batch/jobinstances'
const { http, asked } = standIn({
  submit: async () => ({
    instance: jobInstance({ batchStatus: 'STARTING', instanceState: 'SUBMITTED' }),
    created: true
  })
})
t.teardown(() => http.close())
t.beforeEach(() => {
  asked.length = 0
})

async function post(payload: unknown, headers: Record<string, string> = {}, url = SUBMIT) {
  const text = typeof payload === 'string' || Buffer.isBuffer(payload) ? payload : JSON.stringify(payload)
  return http.inject({
    method: 'POST',
    url,
    payload: text,
    headers: { host: 'batch.example.com', ...headers }
  })
}

async function detailOf(payload: unknown): Promise<string> {
  const answer = await post(payload)
  return `${answer.statusCode} ${answer.json().detail}`
}

interface Part {
  readonly name: string
  readonly text: string
  readonly file?: string
}

function form(parts: readonly Part[], ending = '--'): { payload: string; headers: Record<string, string> } {
  const text = parts.map(({ name, text: content, file }) => {
    const fileName = file === undefined ? '' : `; filename="${file}"`
    return `--limit\r\nContent-Disposition: form-data; name="${name}"${fileName}\r\nContent-Type: application/json; charset=UTF-8\r\n\r\n${content}\r\n`
  })
  return {
    payload: `${text.join('')}--limit${ending}\r\n`,
    headers: { 'content-type': 'multipart/form-data;boundary=limit' }
  }
}

t.test('a submit is 201 with its Location and the brief form of the instance', async t => {
  const answer = await post(
    { applicationName: 'Ledger', jobXMLName: 'close', jobParameters: { day: '1' } },
    {},
    '/ibm/api/batch/v3/jobinstances/'
  )
  t.equal(answer.statusCode, 201)
  t.equal(answer.headers['content-type'], 'application/json; charset=UTF-8')
  t.equal(answer.headers['location'], 'http://batch.example.com/ibm/api/batch/v3/jobinstances/30')
  t.match(answer.json(), { instanceId: 30, batchStatus: 'STARTING', _links: { length: 2 } })
  t.same(asked, [
    [
      'submit',
      {
        application: 'Ledger',
        module: 'Ledger.war',
        component: null,
        jobXMLName: 'close',
        jobXML: null,
        jobParameters: { day: '1' },
        idempotencyKey: null
      },
      adminCaller('NOTSET')
    ]
  ])
})

t.test('what the command-line client sends is understood: empty texts are missing ones', async t => {
  await post({
    applicationName: '',
    moduleName: 'Ledger.jar',
    componentName: '',
    jobXMLName: '',
    jobParameters: {},
    jobXML: '<job/>'
  })
  t.match(asked[0]?.[1], {
    application: 'Ledger',
    module: 'Ledger.jar',
    component: null,
    jobXMLName: '',
    jobXML: '<job/>'
  })
})

t.test('the type of a body is not looked at', async t => {
  const body = { applicationName: 'Ledger', jobXMLName: 'close', restartUrl: 'x' }
  for (const type of ['text/plain', 'nonsense', 'application/xml; charset=latin1', '']) {
    t.equal((await post(body, { 'content-type': type })).statusCode, 201, type)
  }
  t.equal((await post(`\ufeff${JSON.stringify(body)}`)).statusCode, 201, 'with a byte order mark')
})

t.test('a submit that names no application, or no job, is refused', async t => {
  t.match(await detailOf({ jobXMLName: 'close' }), '400 applicationName or moduleName must be given.')
  t.match(await detailOf({ applicationName: '  ', jobXMLName: 'close' }), '400 applicationName or moduleName')
  t.match(await detailOf({ applicationName: 7, jobXMLName: 'close' }), '400 applicationName or moduleName')
  t.match(await detailOf({ moduleName: '.war', jobXMLName: 'close' }), '400 moduleName')
  t.match(await detailOf({ applicationName: 'Ledger' }), '400 jobXMLName or jobXML must be given.')
  t.same(asked, [])
})

t.test('a body that is no JSON object is refused', async t => {
  t.match(await detailOf('{"applicationName":'), '400 The request body cannot be read: it is not JSON')
  t.match(await detailOf(''), '400 The request body cannot be read: it is empty')
  t.match(await detailOf('[]'), '400 The request body cannot be read: a JSON object is expected.')
  t.same(asked, [])
})

t.test('a parameter that is no text is refused by its name', async t => {
  const submit = { applicationName: 'Ledger', jobXMLName: 'close' }
  for (const [value, kind] of [
    [5, 'number'],
    [null, 'null'],
    [{}, 'object'],
    [['a'], 'array'],
    [false, 'boolean']
  ] as const) {
    t.match(
      await detailOf({ ...submit, jobParameters: { day: value } }),
      new RegExp(`^400 jobParameters.day: .*${kind}`)
    )
  }
  t.match(await detailOf({ ...submit, jobParameters: 'text' }), '400 jobParameters: an object')
  t.match(await detailOf({ ...submit, jobParameters: ['a'] }), '400 jobParameters: an object')
  t.same(asked, [])
})

t.test('a parameter may be called anything', async t => {
  await post(
    '{"applicationName":"A","jobXMLName":"x","jobParameters":{"__proto__":"a","toString":"b","":"c"}}'
  )
  t.match(JSON.stringify(asked[0]), '"jobParameters":{"__proto__":"a","toString":"b","":"c"}')
})

t.test('a form of jobdata and jsl is a submit, with or without file names, in any order', async t => {
  const jsl = { name: 'jsl', text: '<job id="마감"/>' }
  const jobdata = { name: 'jobdata', text: '{"applicationName":"Ledger","jobXML":"<job id=\\"other\\"/>"}' }
  for (const parts of [
    [jobdata, jsl],
    [
      { ...jsl, file: 'job.xml' },
      { ...jobdata, file: 'a.json' }
    ],
    [{ name: 'x', text: '1' }, jobdata, jsl, { name: 'jsl', text: 'second' }]
  ]) {
    const { payload, headers } = form(parts)
    const answer = await post(payload, headers)
    t.equal(answer.statusCode, 201, answer.body)
    t.match(asked.pop()?.[1], { application: 'Ledger', jobXMLName: '', jobXML: '<job id="마감"/>' })
  }
})

t.test('a form without one of its parts, or cut off, is refused', async t => {
  const jobdata = { name: 'jobdata', text: '{"applicationName":"Ledger"}' }
  const jsl = { name: 'jsl', text: '<job/>' }
  const cases: [{ payload: string; headers: Record<string, string> }, RegExp][] = [
    [form([jobdata]), /a part named jsl/],
    [form([jsl]), /a part named jobdata/],
    [form([]), /a part named jobdata/],
    [form([jobdata, jsl], ''), /the form is not valid/],
    [form([jobdata, { name: 'jsl', text: 'a\u0000' }]), /jsl contains U\+0000/],
    [form([{ name: 'jobdata', text: '{' }, jsl]), /not JSON/],
    [{ payload: 'x', headers: { 'content-type': 'multipart/form-data' } }, /the form is not valid/]
  ]
  for (const [{ payload, headers }, why] of cases) {
    const answer = await post(payload, headers)
    t.equal(answer.statusCode, 400, answer.body)
    t.match(answer.json().detail, why)
  }
  t.same(asked, [])
})

t.test('a body or a part beyond its limit is 413', async t => {
  const small = standIn({}, { limits: { json: 200, jsl: 300 } })
  t.teardown(() => small.http.close())
  const long = await small.http.inject({
    method: 'POST',
    url: SUBMIT,
    payload: JSON.stringify({ a: 'x'.repeat(200) })
  })
  t.match(long.json(), { status: 413, code: 'BodyTooLarge', detail: /at most 200 bytes/ })
  const jobdata = { name: 'jobdata', text: '{"applicationName":"Ledger"}' }
  for (const parts of [
    [jobdata, { name: 'jsl', text: 'x'.repeat(301) }],
    [{ name: 'jobdata', text: ' '.repeat(201) }]
  ]) {
    const answer = await small.http.inject({ method: 'POST', url: SUBMIT, ...form(parts) })
    t.match(answer.json(), { status: 413, code: 'BodyTooLarge' })
  }
})
