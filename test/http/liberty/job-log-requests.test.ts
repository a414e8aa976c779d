// What the routes of job logs make of type and part, and the headers a client decides by.
import { Readable } from 'node:stream'
import t from 'tap'
import { adminCaller } from '../../../src/operator/caller.ts'
import { BatchError } from '../../../src/batch/batch-error.ts'
import { jobExecution, jobInstance } from '../records.ts'
import { standIn } from '../stand-in.ts'

const { http, asked } = standIn({
  jobInstance: async () => jobInstance({ jobName: '야간 "마감", 1;' }),
  jobExecutions: async () => [jobExecution({ executionId: 42 }), jobExecution()],
  jobExecution: async () => jobExecution(),
  jobLogParts: async () => ['part.1.log'],
  jobLogText: async (_execution, part) => {
    if (part === 'nope.log') throw new BatchError('NoSuchJobLogPart', [41, part])
    return Readable.from(['a line\n'])
  },
  jobLogZip: async () => Readable.from(['zip']),
  instanceJobLogText: async () => Readable.from(['lines\n']),
  instanceJobLogZip: async () => Readable.from(['zip'])
})
t.teardown(() => http.close())
t.beforeEach(() => {
  asked.length = 0
})

async function get(path: string) {
  return http.inject({ url: `/ibm/api/batch${path}`, headers: { host: 'localhost:9080' } })
}

t.test('without a type, or one that is not exactly text or zip, the answer is links', async t => {
  for (const query of ['', '?type=TEXT', '?type=pdf', '?permitRedirect=true']) {
    const answer = await get(`/v3/jobexecutions/41/joblogs${query}`)
    t.equal(answer.headers['content-type'], 'application/json; charset=UTF-8')
    t.same(
      (answer.json() as { rel: string }[]).map(({ rel }) => rel),
      ['joblog text', 'joblog zip', 'joblog part text', 'joblog part zip']
    )
  }
})

t.test('the links of an instance are those of its executions, newest first, then its own', async t => {
  const links = (await get('/jobinstances/30/joblogs?part=part.1.log')).json() as { href: string }[]
  t.equal(links.length, 10)
  t.match(links[0]?.href, '/jobexecutions/42/joblogs?type=text')
  t.match(links[4]?.href, '/jobexecutions/41/joblogs?type=text')
  t.match(links[9]?.href, '/jobinstances/30/joblogs?type=zip')
})

t.test('text is UTF-8 without a file name, so that a client prints it', async t => {
  for (const path of [
    '/jobexecutions/41/joblogs?type=text',
    '/jobinstances/9/jobexecutions/41/joblogs/?type=text&localOnly=true',
    '/jobexecutions/41/joblogs?part=part.1.log',
    '/jobinstances/30/joblogs?type=text'
  ]) {
    const answer = await get(path)
    t.equal(answer.statusCode, 200)
    t.equal(answer.headers['content-type'], 'text/plain; charset=UTF-8')
    t.notOk(answer.headers['content-disposition'])
    t.match(answer.body, /^a? ?lines?\n$/)
  }
})

t.test('a zip has a file name of letters no client stumbles over', async t => {
  const cases: [string, string][] = [
    ['/jobexecutions/41/joblogs?type=zip', 'joblogs.execution.41.zip'],
    ['/jobexecutions/41/joblogs?type=zip&part=part.1.log', 'joblogs.execution.41.part.1.log.zip'],
    [
      '/jobexecutions/41/joblogs?type=zip&part=step.a%20b%5Cpartition.0/part.1.log',
      'joblogs.execution.41.step.a_b.partition.0.part.1.log.zip'
    ],
    ['/jobexecutions/41/joblogs?type=zip&part=%0d%0ax', 'joblogs.execution.41.__x.zip'],
    ['/jobinstances/30/joblogs?type=zip', 'joblogs.___________1_.instance.30.zip']
  ]
  for (const [path, name] of cases) {
    const answer = await get(path)
    t.equal(answer.headers['content-type'], 'application/zip')
    t.match(answer.headers['content-disposition'], /^attachment; filename="[\w.-]+"$/)
    if (!path.includes('instances'))
      t.equal(answer.headers['content-disposition'], `attachment; filename="${name}"`)
  }
})

t.test("the operator gets the part in the client's words", async t => {
  await get('/jobexecutions/41/joblogs?part=step1%5C0%5Cpart.1.log')
  t.same(asked, [['jobLogText', 41, 'step1\\0\\part.1.log', adminCaller('NOTSET')]])
})

t.test('an unknown part is a problem, 404', async t => {
  const answer = await get('/jobexecutions/41/joblogs?part=nope.log')
  t.equal(answer.headers['content-type'], 'application/problem+json')
  t.match(answer.json(), { status: 404, code: 'NoSuchJobLogPart' })
})
