// Without this a download could be sent from memory that already holds what comes after it.
import { createHash } from 'node:crypto'
import fs from 'node:fs'
import http from 'node:http'
import net, { type AddressInfo } from 'node:net'
import path from 'node:path'
import { type Readable, Writable } from 'node:stream'
import { once } from 'node:events'
import { setImmediate } from 'node:timers/promises'
import t from 'tap'
import { streamText } from '../../src/joblog/job-log-reader.ts'
import { ReadBuffers } from '../../src/joblog/read-buffers.ts'
import { TextStream } from '../../src/joblog/text-stream.ts'

const KIB = 1024

/** Parts of these sizes, no two alike; and the stream of all of them. */
function logOf(t: { testdir: () => string }, sizes: readonly number[]) {
  const root = t.testdir()
  fs.mkdirSync(path.join(root, 'log'))
  const hash = createHash('sha256')
  const entries = sizes.map((size, at) => {
    const name = `log/part.${at + 1}.log`
    const bytes = Buffer.alloc(size, `${at} and on `)
    hash.update(bytes)
    fs.writeFileSync(path.join(root, name), bytes)
    return { relativePath: name, name }
  })
  return { text: () => streamText(root, entries, { frame: false }), sum: hash.digest('hex') }
}

/** Of the event loop: time in which the next pieces are read. */
async function turns(count: number): Promise<void> {
  for (let at = 0; at < count; at++) await setImmediate()
}

const SIZES = [200 * KIB, 0, 10, 300 * KIB, 40 * KIB, 256 * KIB, 700 * KIB, ...Array(40).fill(190 * KIB)]

t.test('who takes his time over each piece has it as it was', async t => {
  const { text, sum } = logOf(t, SIZES)
  const hash = createHash('sha256')
  const memory = new Set<ArrayBufferLike>()
  const slow = new Writable({
    highWaterMark: 1,
    write(piece: Buffer, _, letGo) {
      memory.add(piece.buffer)
      void turns(20).then(() => {
        hash.update(piece)
        letGo()
      })
    }
  })
  text().pipe(slow)
  await once(slow, 'finish')
  t.equal(hash.digest('hex'), sum)
  t.ok(memory.size < SIZES.length / 3, `${memory.size} buffers`)
})

t.test('over HTTP to a client that reads now and then, all of it', async t => {
  const { text, sum } = logOf(t, SIZES)
  const server = http.createServer((_, reply) => text().pipe(reply))
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  t.teardown(() => server.close())
  const reply = await new Promise<Readable>(resolve =>
    http.get({ port: (server.address() as AddressInfo).port, host: '127.0.0.1', agent: false }, resolve)
  )
  const hash = createHash('sha256')
  for await (const bytes of reply) {
    hash.update(bytes as Buffer)
    if (Math.random() < 0.05) await turns(50)
  }
  t.equal(hash.digest('hex'), sum)
})

t.test('a client that goes ends it, and its files are closed', async t => {
  const { text } = logOf(t, SIZES)
  let stream: Readable | null = null
  const server = http.createServer((_, reply) => {
    stream = text()
    reply.on('close', () => stream!.destroy())
    stream.pipe(reply)
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  t.teardown(() => server.close())
  const client = net.connect((server.address() as AddressInfo).port, '127.0.0.1')
  client.write('GET / HTTP/1.1\r\nHost: x\r\n\r\n')
  await once(client, 'readable')
  client.destroy()
  while (stream === null || !(stream as Readable).closed) await setImmediate()
  t.equal((stream as Readable).errored, null)
})

t.test('what goes wrong with a piece, or where they go, is its error', async t => {
  const { promise, resolve } = Promise.withResolvers<void>()
  async function* pieces() {
    yield Buffer.from('one')
    await promise
    throw new Error('no more')
  }
  const broken = new TextStream(pieces(), () => {})
  const taken: string[] = []
  const to = new Writable({
    write(piece: Buffer, _, done) {
      taken.push(String(piece))
      done()
      resolve()
    }
  })
  broken.pipe(to)
  await once(broken, 'close').catch(() => {})
  t.match(broken.errored, { message: 'no more' })
  t.same(taken, ['one'])
  t.notOk(to.writableEnded, 'who reads must not take it for the end')

  const refused = logOf(t, [10, 10]).text()
  refused.pipe(new Writable({ write: (_, __, done) => done(new Error('full')) }).on('error', () => {}))
  await once(refused, 'close').catch(() => {})
  t.match(refused.errored, { message: 'full' })
})

t.test('a buffer is used again, unless it is small, larger than they are, or somebody else’s', async t => {
  const buffers = new ReadBuffers()
  const large = buffers.take(200 * KIB)
  t.equal(large.length, 200 * KIB)
  t.not(buffers.take(200 * KIB).buffer, large.buffer, 'the first is not back')
  buffers.sent(large.subarray(5))
  t.equal(buffers.take(100 * KIB).buffer, large.buffer)
  for (const other of [buffers.take(100), buffers.take(1024 * KIB), Buffer.alloc(large.buffer.byteLength)]) {
    buffers.sent(other)
    t.not(buffers.take(200 * KIB).buffer, other.buffer)
  }
})
