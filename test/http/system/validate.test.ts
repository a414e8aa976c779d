// What a JSL is told of itself without being submitted.
import { readFile } from 'node:fs/promises'
import t from 'tap'
import { OWN_PROPERTIES } from '../../../src/jsl/job-properties.ts'
import { buildApp } from '../../support/build-app.ts'

const app = await buildApp(t)

const JSL = (elements: string) =>
  `<job id="checked" xmlns="http://xmlns.jcp.org/xml/ns/javaee" version="1.0">\n${elements}\n</job>`
const step = (ref: string, more = '') => `<step id="s">${more}<batchlet ref="${ref}"/></step>`

async function ask(payload: unknown, type = 'application/json', query = '') {
  const body = typeof payload === 'string' ? payload : JSON.stringify(payload)
  return await app.http.inject({
    method: 'POST',
    url: `/api/v1/validate${query}`,
    headers: { 'content-type': type },
    payload: body
  })
}

async function verdict(payload: unknown, type?: string, query?: string) {
  const answer = await ask(payload, type, query)
  if (answer.statusCode !== 200) throw new Error(answer.body)
  return answer.json()
}

t.test('a sound JSL is valid, sent as XML or within JSON', async t => {
  const jsl = JSL(step('simpleBatchlet'))
  const sound = { valid: true, jobName: 'checked', steps: ['s'], problems: [] }
  t.same(await verdict({ jsl }), sound)
  t.same(await verdict({ jsl, application: 'SimpleBatchJob', jobParameters: {} }), sound)
  t.same(await verdict(jsl, 'application/xml'), sound)
  t.same(await verdict(jsl, 'text/xml; charset=utf-8', '?application=SimpleBatchJob'), sound)
  t.same(await verdict(`\ufeff${jsl}`, 'application/xml'), sound)
})

t.test('all errors of one that is not come in one answer, each with its place', async t => {
  const jsl = JSL(
    '<step id="s" next="nowhere"><batchlet/></step>\n<step id="s" start-limit="x"><batchlet ref="b"/></step>'
  )
  const { valid, problems } = await verdict({ jsl, application: 'SimpleBatchJob' })
  t.equal(valid, false)
  t.ok(problems.length >= 2, JSON.stringify(problems))
  for (const problem of problems) t.match(problem, { line: Number, column: Number, severity: 'error' })
  t.ok(problems.some(({ line }: { line: number }) => line === 2))
  t.ok(problems.some(({ line }: { line: number }) => line === 3))
})

t.test('text that is no JSL, or none at all, is judged and not refused', async t => {
  for (const jsl of [
    '',
    'x',
    '<a/>',
    '<job',
    '<!DOCTYPE job [<!ENTITY x "y">]><job/>',
    'a\u0000b',
    '\ud800',
    '<job id="\udc00"/>'
  ]) {
    const answer = await ask({ jsl })
    t.equal(answer.statusCode, 200, JSON.stringify(jsl))
    t.match(answer.json(), { valid: false, jobName: null, steps: [], problems: [{ severity: 'error' }] })
  }
})

t.test('what only its parameters decide is an error with them, and without them a warning', async t => {
  const jsl = JSL(`<step id="a" start-limit="#{jobParameters['n']}"><batchlet ref="noopBatchlet"/></step>`)
  t.match(await verdict({ jsl, jobParameters: { n: '2' } }), { valid: true, problems: [] })
  t.match(await verdict({ jsl, jobParameters: { n: 'two' } }), {
    valid: false,
    problems: [{ line: 2, severity: 'error' }]
  })
  const next = JSL(
    `<step id="a" next="#{jobParameters['n']}"><batchlet ref="b"/></step><step id="z"><batchlet ref="b"/></step>`
  )
  const open = await verdict({ jsl: next.replace('start-limit', 'next') })
  t.equal(open.valid, true)
  const needed = JSL(step("#{jobParameters['which']}"))
  t.match(await verdict({ jsl: needed }), {
    valid: true,
    problems: [{ severity: 'warning', message: /^without job parameters: / }]
  })
  t.match(await verdict({ jsl: needed, jobParameters: {} }), {
    valid: false,
    problems: [{ severity: 'error' }]
  })
})

t.test('a ref that nobody exports is a warning where an application is named', async t => {
  const refs = [
    'simpleBatchlet',
    'simplyBatchlet',
    'shellBatchlet',
    'com.acme.SleepyBatchlet',
    'com.acme.Gone'
  ]
  const jsl = JSL(
    refs
      .map(
        (ref, at) => `<step id="s${at}"${at < 4 ? ` next="s${at + 1}"` : ''}><batchlet ref="${ref}"/></step>`
      )
      .join('\n')
  )
  const { valid, steps, problems } = await verdict({ jsl, application: 'SimpleBatchJob' })
  t.equal(valid, true)
  t.same(steps, ['s0', 's1', 's2', 's3', 's4'])
  t.match(problems, [
    { line: 3, severity: 'warning', message: /"simplyBatchlet"/ },
    { line: 6, severity: 'warning', message: /"com\.acme\.Gone"/ }
  ])
  t.equal(problems.length, 2)
  t.same((await verdict({ jsl })).problems, [])
})

t.test(
  'a property that looks like ours and is none is a warning, one that makes no sense an error',
  async t => {
    const properties = (name: string, value = '1') =>
      `<properties><property name="${name}" value="${value}"/></properties>`
    const of = async (job: string, inner = '') =>
      await verdict({ jsl: JSL(job + step('b', inner)), jobParameters: {} })
    t.match(await of(properties('batchyard.capkey')), {
      valid: true,
      problems: [{ line: 2, severity: 'warning', message: /batchyard\.capkey/ }]
    })
    t.match(await of('', properties('batchyard.recovery', 'resume')), {
      valid: true,
      problems: [{ severity: 'warning', message: /<job> only/ }]
    })
    t.same((await of(properties('batchyard.recovery', 'resume'))).problems, [])
    t.same((await of(properties('acme.limit'))).problems, [])
    t.match(await of(properties('batchyard.recovery', 'perhaps')), {
      valid: false,
      problems: [{ severity: 'error' }]
    })
    t.match(await of('', properties('batchyard.timeLimitSeconds', 'soon')), {
      valid: false,
      problems: [{ severity: 'error' }]
    })
  }
)

t.test('the properties that are known are those of docs/job-properties.md', async t => {
  const text = await readFile(new URL('../../../docs/job-properties.md', import.meta.url), 'utf8')
  const rows = [...text.matchAll(/^\| `(batchyard\.\w+)` +\| ([a-z, ]+?) +\|/gm)]
  for (const element of ['job', 'step'])
    t.same(
      rows.filter(([, , of]) => of!.split(', ').includes(element)).map(([, name]) => name),
      OWN_PROPERTIES[element]
    )
})

t.test('a request that asks for nothing sensible is refused, naming the fields', async t => {
  const jsl = JSL(step('b'))
  const refused = async (payload: unknown, code: string, path: string | null, query = '') => {
    const answer = await ask(payload, 'application/json', query)
    t.match(
      answer.json(),
      { code, ...(path === null ? {} : { errors: [{ path }] }) },
      JSON.stringify(payload)
    )
  }
  await refused({}, 'ParameterInvalid', 'jsl')
  await refused({ jsl: 5 }, 'ParameterInvalid', 'jsl')
  await refused({ jsl, apllication: 'x' }, 'ParameterInvalid', 'apllication')
  await refused({ jsl, jobParameters: { n: 1 } }, 'ParameterInvalid', 'jobParameters.n')
  await refused({ jsl, jobParameters: [] }, 'ParameterInvalid', 'jobParameters')
  await refused({ jsl, jobParameters: { n: '\u0000' } }, 'TextInvalid', 'jobParameters.n')
  await refused({ jsl, application: 'Nobody' }, 'ApplicationUnknown', null)
  await refused({ jsl, application: '../SimpleBatchJob' }, 'ApplicationUnknown', null)
  await refused({ jsl, application: 'A' }, 'ParameterInvalid', 'application', '?application=B')
  await refused({ jsl }, 'ParameterInvalid', 'dryRun', '?dryRun=true')
  await refused('', 'ParameterInvalid', 'body')
  t.equal((await ask(jsl, 'text/plain')).statusCode, 415)
  t.match((await ask(Buffer.from([0x3c, 0xff]).toString('latin1'), 'application/xml')).statusCode, 200)
  const bytes = await app.http.inject({
    method: 'POST',
    url: '/api/v1/validate',
    headers: { 'content-type': 'application/xml' },
    payload: Buffer.from([0x3c, 0xff])
  })
  t.match(bytes.json(), { status: 400, code: 'BodyInvalid' })
  t.equal((await app.http.inject({ method: 'POST', url: '/api/v1/validate' })).statusCode, 400)
  t.equal((await ask('x'.repeat(9 * 1024 * 1024), 'application/xml')).statusCode, 413)
})
