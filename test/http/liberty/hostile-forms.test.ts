// Forms no honest client sends: each is refused with a reason, or read as what it says, and the server goes on.
import t from 'tap'
import { jobInstance } from '../records.ts'
import { standIn } from '../stand-in.ts'

const SUBMIT = '/ibm/api/batch/jobinstances'
const { http, asked } = standIn({ submit: async () => ({ instance: jobInstance(), created: true }) })
t.teardown(() => http.close())
t.beforeEach(() => {
  asked.length = 0
})

const JOBDATA =
  '{"applicationName":"Ledger","moduleName":"","jobXMLName":"","jobXML":"<job id=\\"inline\\"/>"}'
const JSL = '<job id="part"/>'

async function post(payload: string, type = 'multipart/form-data; boundary=limit') {
  return http.inject({ method: 'POST', url: SUBMIT, payload, headers: { 'content-type': type } })
}

function part(headers: string, text: string): string {
  return `--limit\r\n${headers}\r\n\r\n${text}\r\n`
}

const named = (name: string, text: string) => part(`Content-Disposition: form-data; name="${name}"`, text)
const END = '--limit--\r\n'
const BOTH = named('jobdata', JOBDATA) + named('jsl', JSL)

t.test('a form whose type names no boundary, or another one, is refused', async t => {
  for (const type of [
    'multipart/form-data',
    'multipart/form-data;',
    'multipart/form-data; boundary=',
    'multipart/form-data; boundary=""',
    'multipart/form-data; Boundary',
    'multipart/form-data; boundary=other',
    'multipart/form-data; boundary=limit2'
  ]) {
    const answer = await post(BOTH + END, type)
    t.equal(answer.statusCode, 400, type)
    t.match(answer.json(), { code: /^(BodyInvalid|ParameterMissing)$/, detail: /form|part/ }, type)
  }
  t.same(asked, [])
})

t.test('another kind of multipart is a form too, if its parts have names', async t => {
  for (const type of [
    'multipart/mixed; boundary=limit',
    ' Multipart/Related;type="application/json"; boundary="limit"'
  ]) {
    const answer = await post(BOTH + END, type)
    t.equal(answer.statusCode, 201, type)
    t.match(asked.at(-1)![1], { jobXML: JSL }, type)
  }
  const count = asked.length
  const unnamed = part('Content-Type: application/json', JOBDATA) + part('Content-Type: application/xml', JSL)
  const answer = await post(unnamed + END, 'multipart/mixed; boundary=limit')
  t.match(answer.json(), { status: 400, code: 'ParameterMissing', detail: /part named jobdata/ })
  t.equal((await post('{}', 'multipart; boundary=limit')).statusCode, 400, 'no kind of multipart')
  t.equal(asked.length, count)
})

t.test('ten thousand parts are refused, wherever the two that count stand among them', async t => {
  const many = named('x', '1').repeat(10_000)
  for (const payload of [BOTH + many + END, many + BOTH + END, named('jsl', JSL) + many + END]) {
    const answer = await post(payload)
    t.match(answer.json(), { status: 400, code: 'BodyInvalid', detail: /the form is not valid/ })
  }
  t.same(asked, [])
})

t.test('names are taken as they are written, and names of objects are no danger', async t => {
  for (const name of [
    'Jobdata',
    'jobData',
    'JOBDATA',
    'jobdata[]',
    'jobdata ',
    ' jobdata',
    'jobdata\\0',
    ''
  ]) {
    const answer = await post(named(name, JOBDATA) + named('jsl', JSL) + END)
    t.match(answer.json(), { status: 400, detail: 'A form must have a part named jobdata.' }, name)
  }
  for (const name of ['__proto__', 'constructor', 'toString', 'hasOwnProperty']) {
    const answer = await post(named(name, '{}') + BOTH + END)
    t.ok([201, 400].includes(answer.statusCode), `${name}: ${answer.statusCode}`)
  }
  const nameless = await post(part('Content-Disposition: form-data', JOBDATA) + named('jsl', JSL) + END)
  t.match(nameless.json(), { status: 400, detail: /named jobdata/ })
  const bare = await post(part('X-Nothing: 1', JOBDATA) + named('jsl', JSL) + END)
  t.match(bare.json(), { status: 400, detail: /named jobdata/ })
  t.equal(({} as Record<string, unknown>)['applicationName'], undefined)
})

t.test('a form that is cut off anywhere is refused, never half carried out', async t => {
  const whole = BOTH + END
  for (let length = 1; length < whole.length - 4; length += 7) {
    const answer = await post(whole.slice(0, length))
    t.equal(answer.statusCode, 400, `${length}: ${answer.body}`)
  }
  t.same(asked, [])
})

t.test('parts that are no UTF-8, or no object, or empty, are refused by their name', async t => {
  const raw = Buffer.concat([
    Buffer.from(`${named('jobdata', JOBDATA)}--limit\r\nContent-Disposition: form-data; name="jsl"\r\n\r\n`),
    Buffer.from([0x3c, 0xff, 0xfe, 0x3e]),
    Buffer.from(`\r\n${END}`)
  ])
  const answer = await http.inject({
    method: 'POST',
    url: SUBMIT,
    payload: raw,
    headers: { 'content-type': 'multipart/form-data; boundary=limit' }
  })
  t.match(answer.json(), { status: 400, detail: /The part jsl is not UTF-8/ })
  for (const text of ['', 'null', '[]', '"text"', '7'])
    t.match((await post(named('jobdata', text) + named('jsl', JSL) + END)).json(), {
      status: 400,
      code: 'BodyInvalid'
    })
  t.same(asked, [])
})

t.test('more headers of a part than anybody needs are read over', async t => {
  const headers = `Content-Disposition: form-data; name="jobdata"\r\n${'X-Long: y\r\n'.repeat(20_000)}Z: z`
  const answer = await post(part(headers, JOBDATA) + named('jsl', JSL) + END)
  t.equal(answer.statusCode, 201, answer.body)
  t.match(asked, [['submit', { application: 'Ledger', jobXML: JSL }]])
})

t.test('the part outweighs the JSON, the JSON the name; what is blank counts as missing', async t => {
  const jobXMLOf = async (payload: string, type?: string) => {
    const answer = await post(payload, type)
    t.equal(answer.statusCode, 201, answer.body)
    return asked.pop()?.[1] as { jobXML: string | null; jobXMLName: string }
  }
  const json = (fields: object) => JSON.stringify({ applicationName: 'Ledger', ...fields })
  const all = { jobXMLName: 'packaged', jobXML: '<job id="inline"/>' }
  const form = named('jobdata', json(all)) + named('jsl', JSL) + END
  t.match(await jobXMLOf(form), { jobXML: JSL, jobXMLName: 'packaged' })
  t.match(await jobXMLOf(json(all), 'application/json'), { jobXML: all.jobXML, jobXMLName: 'packaged' })
  for (const jobXML of ['', '  \n', null, 7, false, {}])
    t.match(await jobXMLOf(json({ jobXMLName: 'packaged', jobXML }), 'application/json'), {
      jobXML: null,
      jobXMLName: 'packaged'
    })
})
