// TLS as clients meet it: real connections to a real server, with a certificate of its own or one from files.
import { readFile, stat, writeFile } from 'node:fs/promises'
import https from 'node:https'
import { createServer } from 'node:net'
import path from 'node:path'
import { text } from 'node:stream/consumers'
import { connect, type TLSSocket } from 'node:tls'
import { once } from 'node:events'
import { generate } from 'selfsigned'
import t from 'tap'
import { renewCertificate } from '../../src/http/tls.ts'
import { openCertificate } from '../../src/security/certificate.ts'
import { selfSignedFiles } from '../../src/security/self-signed.ts'
import { systemClock } from '../../src/service/clock.ts'
import { buildApp } from '../support/build-app.ts'
import { as, writeUsersFile } from '../support/users.ts'
import { standIn } from './stand-in.ts'

interface Answer {
  readonly status: number
  readonly body: string
}

/** Trusts nothing but `ca`. */
async function get(url: string, ca: string, headers: Record<string, string> = {}): Promise<Answer> {
  const request = https.get(url, { ca, headers, agent: false })
  const [response] = (await once(request, 'response')) as [NodeJS.ReadableStream & { statusCode: number }]
  return { status: response.statusCode, body: await text(response) }
}

async function made(commonName: string) {
  const { cert, private: key } = await generate([{ name: 'commonName', value: commonName }], {
    keyType: 'ec',
    algorithm: 'sha256',
    extensions: [
      {
        name: 'subjectAltName',
        altNames: [
          { type: 2, value: 'localhost' },
          { type: 7, ip: '127.0.0.1' }
        ]
      }
    ]
  })
  return { cert, key }
}

async function subjectSeen(port: number): Promise<string> {
  const socket: TLSSocket = connect({ port, host: '127.0.0.1', rejectUnauthorized: false })
  await once(socket, 'secureConnect')
  const { CN } = socket.getPeerCertificate().subject
  socket.destroy()
  return String(CN)
}

t.test('a self-signed certificate is made once, kept closed to others, and its names are right', async t => {
  const app = await buildApp(t, { BATCH_TLS: 'self-signed', BATCH_PUBLIC_URL: 'https://batch.example.com' })
  t.match(app.address(), /^https:\/\/127\.0\.0\.1:\d+$/)
  const folder = path.join(app.directory, 'tls')
  const ca = await readFile(path.join(folder, 'self-signed.crt'), 'utf8')
  t.equal((await stat(path.join(folder, 'self-signed.key'))).mode & 0o777, 0o600)
  t.equal((await stat(folder)).mode & 0o777, 0o700)
  t.equal((await get(`${app.address()}/healthz`, ca)).status, 200)
  t.equal((await get(`${app.address().replace('127.0.0.1', 'localhost')}/healthz`, ca)).status, 200)

  t.match(await selfSignedFiles(folder, ['batch.example.com'], systemClock), { made: false })
  const inAYear = { now: () => systemClock.now() + 365 * 86_400_000 }
  t.match(await selfSignedFiles(folder, [], inAYear), { made: true }, 'before it expires')
  t.match(
    await selfSignedFiles(folder, ['other.example.com'], systemClock),
    { made: true },
    'for another name'
  )
})

t.test('links and restUrl of a TLS server begin with https, and users log in over it', async t => {
  const { cert, key } = await made('files')
  const directory = t.testdir({ 'server.crt': cert, 'server.key': key })
  const app = await buildApp(t, {
    BATCH_TLS_CERT: path.join(directory, 'server.crt'),
    BATCH_TLS_KEY: path.join(directory, 'server.key'),
    BATCH_USERS_FILE: await writeUsersFile(directory)
  })
  const root = `${app.address()}/ibm/api/batch`
  t.match(JSON.parse((await get(root, cert, as('bob'))).body), {
    _links: [{ href: `${root}/jobinstances` }]
  })
  t.equal((await get(`${root}/jobinstances`, cert)).status, 401)
  t.equal((await get(`${root}/jobinstances`, cert, as('bob', 'wrong'))).status, 403)
})

t.test('plain HTTP is served beside it only when it is asked for, by the same rules', async t => {
  const port = await freePort()
  const app = await buildApp(t, { BATCH_TLS: 'self-signed', BATCH_HTTP_PORT: String(port) })
  const plain = `http://127.0.0.1:${port}`
  const answer = await fetch(`${plain}/ibm/api/batch`)
  t.match(await answer.json(), { _links: [{ href: `${plain}/ibm/api/batch/jobinstances` }] })
  t.match(app.address(), /^https:/, 'other servers are sent to the safe one')
  const foreign = await fetch(`${plain}/healthz`, { headers: { origin: 'http://evil.example' } })
  t.equal(foreign.status, 403)
  await app.stop()
  await t.rejects(fetch(`${plain}/healthz`), 'closed with the server')
})

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as { port: number }
  server.close()
  await once(server, 'close')
  return port
}

t.test('TLS older than 1.2 is refused, and what is no TLS is no crash', async t => {
  const { cert, key } = await made('old')
  const directory = t.testdir({ c: cert, k: key })
  const files = { certFile: path.join(directory, 'c'), keyFile: path.join(directory, 'k'), passphrase: null }
  const { http } = standIn({}, { certificate: await openCertificate(files, systemClock) })
  t.teardown(() => http.close())
  const address = await http.listen({ port: 0, host: '127.0.0.1' })
  const port = Number(new URL(address).port)
  const old = connect({ port, host: '127.0.0.1', ca: cert, maxVersion: 'TLSv1.1', minVersion: 'TLSv1' })
  await t.rejects(once(old, 'secureConnect'))
  const newer = connect({ port, host: '127.0.0.1', ca: cert, maxVersion: 'TLSv1.2' })
  await once(newer, 'secureConnect')
  t.equal(newer.getProtocol(), 'TLSv1.2')
  newer.destroy()
  await t.rejects(fetch(address.replace('https', 'http')))
  t.equal((await get(`${address}/healthz`, cert)).status, 200)
})

t.test('a renewed certificate is shown without a restart; one that cannot be used is not', async t => {
  const [first, second] = [await made('first'), await made('second')]
  const directory = t.testdir({ c: first.cert, k: first.key })
  const files = { certFile: path.join(directory, 'c'), keyFile: path.join(directory, 'k'), passphrase: null }
  const source = await openCertificate(files, systemClock)
  const lines: string[] = []
  const { http } = standIn(
    {},
    {
      certificate: source,
      log: { level: 'info', stream: { write: (line: string) => void lines.push(line) } }
    }
  )
  t.teardown(() => http.close())
  const renewal = renewCertificate(http, source)
  const port = Number(new URL(await http.listen({ port: 0, host: '127.0.0.1' })).port)
  t.equal(await subjectSeen(port), 'first')

  await writeFile(files.certFile, second.cert)
  await renewal.tick()
  t.equal(await subjectSeen(port), 'first', 'the key does not belong to it yet')
  await renewal.tick()
  t.equal(lines.filter(line => line.includes('cannot be used')).length, 1, 'told once')

  await writeFile(files.keyFile, second.key)
  await renewal.tick()
  t.equal(await subjectSeen(port), 'second')
})

t.test('files that cannot be used end the start in one sentence', async t => {
  const [one, other] = [await made('one'), await made('other')]
  const directory = t.testdir({ c: one.cert, k: other.key, nonsense: 'x' })
  const at = (name: string) => path.join(directory, name)
  for (const [certFile, keyFile] of [
    [at('c'), at('k')],
    [at('nonsense'), at('k')],
    [at('c'), at('missing')]
  ] as const)
    await t.rejects(openCertificate({ certFile, keyFile, passphrase: null }, systemClock), {
      name: 'SecurityError'
    })
  const later = { now: () => systemClock.now() + 1000 * 86_400_000 }
  await writeFile(at('k'), one.key)
  await t.rejects(
    openCertificate({ certFile: at('c'), keyFile: at('k'), passphrase: null }, later),
    /has expired/
  )
})

t.test('a key with a passphrase is opened with it', async t => {
  const { cert, key } = await made('closed')
  const { createPrivateKey } = await import('node:crypto')
  const closed = createPrivateKey(key).export({
    type: 'pkcs8',
    format: 'pem',
    cipher: 'aes-256-cbc',
    passphrase: 'open'
  })
  const directory = t.testdir({ c: cert, k: closed.toString() })
  const files = { certFile: path.join(directory, 'c'), keyFile: path.join(directory, 'k') }
  t.ok(await openCertificate({ ...files, passphrase: 'open' }, systemClock))
  await t.rejects(openCertificate({ ...files, passphrase: 'shut' }, systemClock), { name: 'SecurityError' })
  await t.rejects(openCertificate({ ...files, passphrase: null }, systemClock), { name: 'SecurityError' })
})
