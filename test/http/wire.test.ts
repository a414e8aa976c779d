// What only a real connection shows: raw bytes in a URL, broken requests, and answers that break off.
import { once } from 'node:events'
import { connect } from 'node:net'
import { Readable } from 'node:stream'
import t from 'tap'
import { jobExecution, jobInstance, stepExecution } from './records.ts'
import { standIn } from './stand-in.ts'

async function* half(): AsyncGenerator<string> {
  yield 'the first line\n'
  await new Promise(setImmediate)
  throw new Error('the disk is gone')
}

const lines: string[] = []
const { http, asked } = standIn(
  {
    jobInstances: async () => [],
    jobInstance: async () => jobInstance(),
    jobExecution: async () => jobExecution(),
    stepExecutions: async () => [stepExecution()],
    jobLogText: async () => Readable.from(half()),
    jobLogZip: async () =>
      new Readable({
        read() {
          this.destroy(new Error('the disk is gone'))
        }
      })
  },
  { localOnly: true, log: { level: 'warn', stream: { write: (line: string) => lines.push(line) } } }
)
t.teardown(() => http.close())
const { port } = new URL(await http.listen({ host: '127.0.0.1', port: 0 }))
t.beforeEach(() => {
  asked.length = 0
})

/** All a connection receives for some bytes. */
async function raw(request: string | Buffer): Promise<string> {
  const socket = connect(Number(port), '127.0.0.1')
  socket.end(request)
  const chunks: Buffer[] = []
  socket.on('data', chunk => chunks.push(Buffer.from(chunk))).on('error', () => undefined)
  await once(socket, 'close')
  return Buffer.concat(chunks).toString()
}

const ask = (line: string, ...headers: string[]) =>
  raw([`${line} HTTP/1.1`, 'Connection: close', ...headers, '', ''].join('\r\n'))

t.test('a URL that is not percent-encoded is refused, saying how it is meant', async t => {
  const answer = await ask('GET /ibm/api/batch/jobexecutions/41/stepexecutions/마감', 'Host: localhost')
  t.match(answer, /^HTTP\/1.1 400[^]*percent-encoded in a URL, as %EB%A7%88/)
  t.match(
    await ask('GET /ibm/api/batch/jobinstances?exitStatus=a b', 'Host: localhost'),
    /^HTTP\/1.1 400[^]*%20/
  )
})

t.test('the raw signs of Liberty filters in a query do not disturb', async t => {
  t.match(
    await ask('GET /ibm/api/batch/v2/jobinstances?jobInstanceId=>10&exitStatus=*J|"B*', 'Host: localhost'),
    /^HTTP\/1.1 200/
  )
})

t.test('a request that is no HTTP is a problem too', async t => {
  const answer = await ask('GET /ibm/api/batch/jobinstances?x=a b c', 'Host: localhost')
  t.match(answer, /^HTTP\/1.1 400 Bad Request\r\nContent-Type: application\/problem\+json\r\n/)
  t.match(answer, /"code":"RequestInvalid"/)
})

t.test('the host in the request line is guarded like a Host header, and HTTP/1.0 may do without', async t => {
  t.match(await ask('GET http://evil.example/healthz', 'Host: localhost'), /^HTTP\/1.1 403/)
  t.match(await ask('GET http://localhost/healthz', 'Host: localhost'), /^HTTP\/1.1 200/)
  t.match(await ask('GET /healthz', 'Host: '), /^HTTP\/1.1 403/)
  t.match(
    await raw('GET /ibm/api/batch HTTP/1.0\r\n\r\n'),
    /^HTTP\/1.1 200[^]*"href":"http:\/\/127.0.0.1:9080/
  )
})

t.test('a stop as the command-line client sends it has neither body nor length', async t => {
  const answer = await ask(
    'PUT /ibm/api/batch/jobinstances/30?action=stop',
    'Host: localhost',
    'Accept: application/json'
  )
  t.match(answer, /^HTTP\/1.1 500/, 'it came as far as the operator, which has no answer here')
  t.equal(asked[0]?.[0], 'stopInstance')
})

t.test('an answer that breaks off does not look whole', async t => {
  const answer = await ask('GET /ibm/api/batch/jobexecutions/41/joblogs?type=text', 'Host: localhost')
  t.match(answer, /the first line/)
  t.notMatch(answer, /\r\n0\r\n\r\n$/, 'the last chunk is missing')
  t.match(lines.join(''), /the disk is gone/, 'the log says so')
  await t.rejects(
    fetch(`http://127.0.0.1:${port}/ibm/api/batch/jobexecutions/41/joblogs?type=text`).then(it => it.text())
  )
})

t.test('an answer that fails before its first byte is an error, not a file', async t => {
  const answer = await fetch(`http://127.0.0.1:${port}/ibm/api/batch/jobexecutions/41/joblogs?type=zip`)
  t.equal(answer.status, 500)
  t.equal(answer.headers.get('content-disposition'), null)
  t.equal(answer.headers.get('content-type'), 'application/problem+json')
})

t.test('a body sent in chunks is read, and one that is too long is refused', async t => {
  const answer = await ask(
    'PUT /ibm/api/batch/jobinstances/30?action=restart',
    'Host: localhost',
    'Transfer-Encoding: chunked',
    '',
    '1',
    '[',
    '0'
  )
  t.match(answer, /^HTTP\/1.1 400[^]*BodyInvalid/)
})

t.test('a form refused half-way leaves the connection usable, one that is too long does not', async t => {
  const part = (name: string, bytes: Buffer) =>
    Buffer.concat([
      Buffer.from(`--limit\r\nContent-Disposition: form-data; name="${name}"\r\n\r\n`),
      bytes,
      Buffer.from('\r\n')
    ])
  const submit = (jobdata: Buffer, jsl: Buffer) => {
    const body = Buffer.concat([part('jobdata', jobdata), part('jsl', jsl), Buffer.from('--limit--\r\n')])
    const head = `POST /ibm/api/batch/jobinstances HTTP/1.1\r\nHost: localhost\r\nContent-Type: multipart/form-data; boundary=limit\r\nContent-Length: ${body.length}\r\n\r\n`
    return Buffer.concat([Buffer.from(head), body])
  }
  const next = Buffer.from('GET /healthz HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n')
  const megabytes = Buffer.alloc(5_000_000, 'x')
  const refused = await raw(Buffer.concat([submit(Buffer.from([0xff]), megabytes), next]))
  t.match(refused, /^HTTP\/1.1 400[^]*The part jobdata is not UTF-8[^]*HTTP\/1.1 200[^]*alive/)
  const tooLong = await ask(
    'POST /ibm/api/batch/jobinstances',
    'Host: localhost',
    'Content-Length: 99999999',
    '',
    'x'
  )
  t.match(tooLong, /^HTTP\/1.1 413[^]*connection: close/i)
})
