// Every error in one form, and none of the server's inside shown.
import { readFile } from 'node:fs/promises'
import t from 'tap'
import { BATCH_ERROR_CODES, BatchError } from '../../src/batch/batch-error.ts'
import { STATUS } from '../../src/http/error-reply.ts'
import { standIn } from './stand-in.ts'

const ONE = '/ibm/api/batch/jobinstances/1'

t.test('a refusal is one line of problem+json, and keeps its message id', async t => {
  const { http } = standIn({
    jobInstance: async () => Promise.reject(new BatchError('NoSuchJobInstance', [1]))
  })
  const answer = await http.inject(ONE)
  t.equal(answer.statusCode, 404)
  t.equal(answer.headers['content-type'], 'application/problem+json')
  t.equal(
    answer.body,
    '{"type":"urn:batchyard:error:NoSuchJobInstance","title":"No such job instance","status":404,"detail":"CWWKY0151E: There is no job instance 1.","code":"NoSuchJobInstance"}\n'
  )
})

t.test('details of a refusal are members of the problem, but never replace its own', async t => {
  const problems = [{ line: 3, column: 9, message: 'no ref' }]
  const refusal = new BatchError('JslInvalid', ['line 3\nno ref'], { details: { problems, status: 200 } })
  const { http } = standIn({ submit: async () => Promise.reject(refusal) })
  const payload = { applicationName: 'A', jobXMLName: 'x' }
  const answer = await http.inject({ method: 'POST', url: '/ibm/api/batch/jobinstances', payload })
  t.match(answer.json(), { status: 400, code: 'JslInvalid', problems })
  t.equal(answer.body.split('\n').length, 2, 'one line')
})

t.test('a fault is a 500 that hides what happened and names the line of the log', async t => {
  const lines: string[] = []
  const log = { level: 'error', stream: { write: (line: string) => lines.push(line) } }
  const { http } = standIn(
    { jobInstance: async () => Promise.reject(new Error('password=hunter2')) },
    { log }
  )
  const answer = await http.inject(ONE)
  t.equal(answer.statusCode, 500)
  t.notMatch(answer.body, /hunter2/)
  const { reqId, err } = JSON.parse(lines[0] ?? '{}') as { reqId: string; err: { message: string } }
  t.match(answer.json().detail, reqId)
  t.equal(err.message, 'password=hunter2')
})

t.test('a server that cannot answer now says when to come again', async t => {
  const { http } = standIn({
    jobInstance: async () => Promise.reject(new BatchError('StatementTimeout', [10]))
  })
  const answer = await http.inject(ONE)
  t.equal(answer.statusCode, 503)
  t.match(answer.headers['retry-after'], /^\d+$/)
})

t.test('a refusal for a maintenance says when to come again, and is no failure in the log', async t => {
  const lines: string[] = []
  const log = { level: 'error', stream: { write: (line: string) => lines.push(line) } }
  const { http } = standIn({ submit: async () => Promise.reject(new BatchError('MaintenanceMode')) }, { log })
  const payload = { applicationName: 'A', jobXMLName: 'x' }
  const answer = await http.inject({ method: 'POST', url: '/ibm/api/batch/jobinstances', payload })
  t.match([answer.statusCode, answer.headers['retry-after']], [503, /^\d+$/])
  t.same(lines, [])
})

t.test('a path that cannot be decoded is a problem too', async t => {
  const { http } = standIn()
  const answer = await http.inject('/ibm/api/batch/jobexecutions/1/stepexecutions/%ff')
  t.match(answer.json(), { status: 400, code: 'RequestInvalid' })
})

t.test('docs/errors.md has a heading with the status for each code, and for no other', async t => {
  const text = await readFile(new URL('../../docs/errors.md', import.meta.url), 'utf8')
  const headings = [...text.matchAll(/^## (\w+) \((\d+)\)$/gm)].map(([, code, status]) => `${code} ${status}`)
  t.same(
    headings,
    BATCH_ERROR_CODES.map(code => `${code} ${STATUS[code]}`)
  )
})
