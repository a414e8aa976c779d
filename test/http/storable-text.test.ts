// E16: text that PostgreSQL cannot store is refused before anything else happens, wherever it stands in a request.
import t from 'tap'
import { standIn } from './stand-in.ts'

const { http, asked } = standIn()
t.teardown(() => http.close())
const SUBMIT = '/ibm/api/batch/jobinstances'

async function detailOf(payload: string, url = SUBMIT): Promise<string> {
  const answer = await http.inject({ method: 'POST', url, payload })
  return `${answer.statusCode} ${answer.json().detail}`
}

t.test('E16 U+0000 and lone surrogates in a body are refused, naming the field', async t => {
  t.match(await detailOf('{"applicationName":"a\\u0000b"}'), /^400 applicationName contains U\+0000/)
  t.match(await detailOf('{"jobXML":"<job id=\\"\\ud800\\"/>"}'), /^400 jobXML contains a lone surrogate/)
  t.match(await detailOf('{"jobParameters":{"day":"\\udc00"}}'), /^400 jobParameters\.day contains a lone/)
  t.match(
    await detailOf('{"jobParameters":{"d\\u0000":"x"}}'),
    /^400 The name "d\\u0000" in jobParameters contains/
  )
  t.match(await detailOf('{"unknown":[{"deep":"\\u0000"}]}'), /^400 unknown\[0\]\.deep contains/)
})

t.test('E16 a pair of surrogates is text like any other', async t => {
  t.match(await detailOf('{"applicationName":"\\ud83d\\ude00"}'), /^400 jobXMLName or jobXML must be given/)
})

t.test('E16 U+0000 in a path or a query is refused, naming it', async t => {
  const path = await http.inject('/ibm/api/batch/jobexecutions/1/stepexecutions/a%00')
  t.match(path.json(), { status: 400, code: 'TextInvalid', detail: /^path\.stepName contains U\+0000/ })
  const query = await http.inject('/ibm/api/batch/jobexecutions/1/joblogs?part=%00')
  t.match(query.json(), { status: 400, code: 'TextInvalid', detail: /^query\.part contains U\+0000/ })
})

t.test('a body nested without end is refused', async t => {
  t.match(
    await detailOf(`{"a":${'['.repeat(200_000)}${']'.repeat(200_000)}}`),
    /^400 .*nested deeper than 64/
  )
})

t.test('bytes that are not UTF-8 are refused', async t => {
  const payload = Buffer.concat([Buffer.from('{"applicationName":"'), Buffer.from([0xff]), Buffer.from('"}')])
  const answer = await http.inject({ method: 'POST', url: SUBMIT, payload })
  t.match(answer.json(), { status: 400, code: 'BodyInvalid', detail: /not UTF-8/ })
})

t.test('none of this reached the operator', async t => {
  t.same(asked, [])
})
