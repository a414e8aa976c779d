// Bodies far beyond what is read: refused while they come, in constant memory, and the client hears why.
import { once } from 'node:events'
import { readFile } from 'node:fs/promises'
import { connect } from 'node:net'
import t from 'tap'
import { batchClient } from '../support/batch-client.ts'
import { serverPlace, startServer } from '../support/server-process.ts'

const GIGABYTE = 1_000_000_000
const MOST_GROWTH_MIB = 120

const server = await startServer(t, await serverPlace(t))
const client = batchClient(server)
const { hostname, port } = new URL(server.url)

interface Heard {
  readonly status: number
  readonly text: string
  /** Of the body, when the answer was there. */
  readonly sent: number
}

/** Sends `beginning`, then blanks up to `length`, or for ever chunked when that is null, and reads the answer meanwhile. */
async function pour(headers: string, beginning: string, length: number | null): Promise<Heard> {
  const socket = connect(Number(port), hostname)
  await once(socket, 'connect')
  let text = ''
  let failure: Error | null = null
  socket.setEncoding('utf8').on('data', (some: string) => (text += some))
  socket.on('error', error => (failure = error))
  const framing = length === null ? 'Transfer-Encoding: chunked' : `Content-Length: ${length}`
  socket.write(
    `POST /ibm/api/batch/jobinstances HTTP/1.1\r\nHost: ${hostname}:${port}\r\n${headers}${framing}\r\n\r\n`
  )
  const piece = (some: string) => (length === null ? `${some.length.toString(16)}\r\n${some}\r\n` : some)
  socket.write(piece(beginning))
  const blanks = piece(' '.repeat(64 * 1024))
  let sent = beginning.length
  while (sent < (length ?? GIGABYTE) && !socket.destroyed && text === '') {
    sent += 64 * 1024
    if (!socket.write(blanks))
      await Promise.race([once(socket, 'drain'), once(socket, 'close')]).catch(() => {})
  }
  socket.end()
  if (!socket.destroyed) await once(socket, 'close').catch(() => {})
  if (text === '') throw failure ?? new Error('closed without an answer')
  return { status: Number(text.slice(9, 12)), text, sent }
}

async function memoryMiB(name: 'VmRSS' | 'VmHWM'): Promise<number> {
  const status = await readFile(`/proc/${server.pid}/status`, 'utf8')
  return Number(new RegExp(`${name}:\\s+(\\d+) kB`).exec(status)![1]) / 1024
}

const FORM = 'Content-Type: multipart/form-data; boundary=limit\r\n'
const part = (name: string) => `--limit\r\nContent-Disposition: form-data; name="${name}"\r\n\r\n`

const CASES: Readonly<Record<string, [string, string]>> = {
  'a JSL part': [FORM, part('jsl')],
  'a jobdata part': [FORM, part('jobdata')],
  'a part of another name': [FORM, part('holiday-photos')],
  'what comes before the first part': [FORM, 'no boundary'],
  'a single body': ['Content-Type: application/json\r\n', '{"applicationName":"'],
  'a form without a boundary': ['Content-Type: multipart/form-data\r\n', part('jsl')]
}

await batchClient(server).get('/jobinstances')
const before = await memoryMiB('VmRSS')

for (const [what, [headers, beginning]] of Object.entries(CASES))
  for (const [how, length] of [
    ['one gigabyte by its length', GIGABYTE],
    ['one that never ends, in chunks', null]
  ] as const)
    t.test(`${what}: ${how} is refused before it has been read`, async t => {
      const { status, text, sent } = await pour(headers, beginning, length)
      const endless = length === null && what.includes('without')
      t.equal(status, endless ? 400 : 413, text)
      t.match(text, /\r\n\r\n.*"code":"Body/s)
      if (!endless) t.match(text, /\r\nconnection: close\r\n/i)
      t.ok(sent < 64 * 1024 * 1024, `${sent} bytes were sent`)
    })

t.test('what comes behind a body that was refused is not carried out', async t => {
  const long = '{"applicationName":"' + ' '.repeat(17 * 1024 * 1024)
  const next = '{"applicationName":"SimpleBatchJob","jobXMLName":"test_noop"}'
  const request = (body: string) =>
    `POST /ibm/api/batch/jobinstances HTTP/1.1\r\nHost: ${hostname}:${port}\r\nContent-Length: ${body.length}\r\n\r\n${body}`
  const socket = connect(Number(port), hostname)
  let text = ''
  socket.setEncoding('utf8').on('data', (some: string) => (text += some))
  socket.end(request(long) + request(next))
  await once(socket, 'close')
  t.equal(text.match(/HTTP\/1\.1 /g)?.length, 1)
  t.match(text, /^HTTP\/1\.1 413 /)
  t.same(await client.get('/jobinstances'), [])
})

t.test('all that took no more memory than a few bodies of the size that is read', async t => {
  const grown = (await memoryMiB('VmHWM')) - before
  t.ok(grown < MOST_GROWTH_MIB, `${grown.toFixed()} MiB more at the most`)
  t.equal((await client.call('GET', '/jobinstances')).status, 200, 'and the server goes on')
  t.equal((await server.stop()).code, 0)
})
