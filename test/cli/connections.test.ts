// What goes wrong between the command and the servers: it must neither do anything twice nor tell a stranger the password.
import { createServer, connect } from 'node:net'
import { once } from 'node:events'
import { readdir, readFile, writeFile } from 'node:fs/promises'
import path from 'node:path'
import { createServer as createTlsServer } from 'node:tls'
import { generate } from 'selfsigned'
import t from 'tap'
import { buildApp } from '../support/build-app.ts'
import { batchClient } from '../support/batch-client.ts'
import { until } from '../support/until.ts'
import { run } from './cli-process.ts'
import { httpStandIn, json, passOn } from './http-stand-in.ts'

const app = await buildApp(t)
const SUBMIT = ['submit', '--applicationName=SimpleBatchJob', '--jobXMLName=test_noop']
const LOGIN = ['--user=bob', '--password=secret']
const client = batchClient({ url: app.address() })

/** A port nobody listens on. */
async function deadPort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as { port: number }
  server.close()
  await once(server, 'close')
  return port
}

t.test('the next server is asked when one does not answer', async t => {
  const targets = `--batchManager=http://127.0.0.1:${await deadPort()},${app.address()}`
  const { code, stdout } = await run(t, [...SUBMIT, targets, '--wait', '--pollingInterval_s=0.1'])
  t.equal(code, 35)
  t.match(stdout, /^\[.*\] CWWKY0112I: .*ECONNREFUSED/)
  t.equal(stdout.match(/CWWKY0112I/g)?.length, 1, 'and stays with it')
})

t.test('without any server the command ends with 255 and names each', async t => {
  const targets = [await deadPort(), await deadPort()].map(port => `http://127.0.0.1:${port}`)
  const { code, stderr } = await run(t, ['listJobs', `--batchManager=${targets.join(',')}`])
  t.equal(code, 255)
  for (const target of targets) t.ok(stderr.includes(target))
})

t.test('a submit whose answer is lost is repeated, and there is one job instance', async t => {
  let lost = 0
  const flaky = await httpStandIn(t, (request, response) => {
    const isFirst = request.method === 'POST' && lost++ === 0
    passOn(app.address(), request, response, isFirst ? () => {} : null)
  })
  for (const targets of [flaky.url, `${flaky.url},${app.address()}`]) {
    lost = 0
    const before = (await client.get('/jobinstances?pageSize=500')).length as number
    const { code, stdout } = await run(t, [...SUBMIT, `--batchManager=${targets}`])
    t.equal(code, 0)
    t.match(stdout, /CWWKY0101I/)
    t.equal((await client.get('/jobinstances?pageSize=500')).length, before + 1)
  }
  const keys = flaky.asked.flatMap(({ headers }) => headers['idempotency-key'] ?? [])
  t.equal(keys.length, 3)
  t.equal(keys[0], keys[1])
  t.not(keys[1], keys[2])
})

t.test('a submit whose answer is lost is not repeated at a server that does not heed its key', async t => {
  const other = await httpStandIn(t, (request, response) => {
    if (request.method === 'POST') response.destroy()
    else response.writeHead(400).end('Error 400: The job instance id (none) must be a Long integer\n')
  })
  const { code, stderr } = await run(t, [...SUBMIT, `--batchManager=${other.url},${other.url}`])
  t.equal(code, 255)
  t.match(stderr, /Nobody can tell whether this was submitted/)
  t.equal(other.requests().filter(one => one.startsWith('POST')).length, 1)
})

t.test('a restart whose answer is lost makes one execution', async t => {
  const instanceId = await client.submit('SimpleBatchJob', 'test_failingBatchlet')
  await client.ended(instanceId)
  let lost = 0
  // Lost so late that the new execution has ended too: restarting the instance again would work.
  const ended = () =>
    until('its end', async () => (await executions()).every(one => one.batchStatus === 'FAILED'))
  const executions = async () =>
    (await client.get(`/jobinstances/${instanceId}/jobexecutions`)) as { batchStatus: string }[]
  const flaky = await httpStandIn(t, (request, response) =>
    passOn(app.address(), request, response, request.method === 'PUT' && lost++ === 0 ? ended : null)
  )
  const id = `--jobInstanceId=${instanceId}`
  const { code, stdout } = await run(t, [
    'restart',
    `--batchManager=${flaky.url}`,
    id,
    '--wait',
    '--pollingInterval_s=0.1'
  ])
  t.equal(code, 34)
  t.match(stdout, /CWWKY0102I/)
  t.equal((await executions()).length, 2)
})

t.test('a stop whose answer is lost until its work was done is answered by what became of it', async t => {
  const instanceId = await client.submit('SimpleBatchJob', 'test_sleepyBatchlet', {
    'sleep.time.seconds': '300'
  })
  await until('its start', async () => {
    const [execution] = await client.get(`/jobinstances/${instanceId}/jobexecutions`)
    return execution?.batchStatus === 'STARTED'
  })
  let lost = 0
  const ended = async () => void (await client.ended(instanceId))
  const flaky = await httpStandIn(t, (request, response) =>
    passOn(app.address(), request, response, request.method === 'PUT' && lost++ === 0 ? ended : null)
  )
  const { code, stdout, stderr } = await run(t, [
    'stop',
    `--batchManager=${flaky.url}`,
    `--jobInstanceId=${instanceId}`,
    '--wait'
  ])
  t.equal(code, 33, stderr)
  t.match(stdout, /CWWKY0103I/)
  t.equal(lost, 2)
})

t.test('a 302 is followed to a server that --batchManager names, with the same method and query', async t => {
  const owner = await httpStandIn(t, (_, response) => json(response, {}, 200))
  const front = await httpStandIn(t, (request, response) => {
    if (request.method === 'GET') json(response, { instanceId: 7, jobName: 'j' })
    else response.writeHead(302, { location: `${owner.url}/ibm/api/batch/elsewhere` }).end()
  })
  const { code } = await run(t, ['purge', `--batchManager=${front.url}`, '--jobInstanceId=7', ...LOGIN])
  t.equal(code, 0)
  t.same(owner.requests(), [
    'DELETE /ibm/api/batch/jobinstances/7?purgeJobStoreOnly=false&permitRedirect=true'
  ])
  t.match(owner.asked[0]!.headers.authorization, /^Basic /)
})

t.test(
  'a 302 to a host that nobody named is refused: it gets neither the request nor the password',
  async t => {
    const thief = await httpStandIn(t, (_, response) => json(response, {}))
    const location = `${thief.url.replace('127.0.0.1', 'localhost')}/ibm/api/batch/jobinstances/7`
    const front = await httpStandIn(t, (_, response) => void response.writeHead(302, { location }).end())
    const { code, stderr } = await run(t, [
      'status',
      `--batchManager=${front.url}`,
      '--jobInstanceId=7',
      ...LOGIN
    ])
    t.equal(code, 255)
    t.match(stderr, /localhost:\d+, which --batchManager does not name/)
    t.same(thief.requests(), [])
  }
)

t.test('a job log that is cut off leaves the file as it was, and nothing beside it', async t => {
  const cut = await httpStandIn(t, (_, response) => {
    response.writeHead(200, { 'content-type': 'text/plain', 'content-length': '1000' })
    response.write('half', () => response.destroy())
  })
  const file = path.join(app.directory, 'cut.txt')
  await writeFile(file, 'before')
  const args = ['getJobLog', `--batchManager=${cut.url}`, '--jobInstanceId=1', `--outputFile=${file}`]
  const { code, stderr } = await run(t, args)
  t.equal(code, 255)
  t.match(stderr, /not complete/)
  t.equal(await readFile(file, 'utf8'), 'before')
  t.same(
    (await readdir(app.directory)).filter(name => name.startsWith('cut.txt.')),
    []
  )
})

t.test('a server cannot choose where a job log is written', async t => {
  const server = await httpStandIn(t, (_, response) => {
    response.setHeader('content-disposition', 'attachment; filename="../../.bashrc"')
    response.end('zip')
  })
  const args = ['getJobLog', `--batchManager=${server.url}`, '--jobInstanceId=1', '--type=zip']
  const { code, stdout } = await run(t, args, { cwd: app.directory })
  t.equal(code, 0)
  t.equal(path.dirname(/written to (.*)\n/.exec(stdout)![1]!), app.directory)
})

t.test('a self-signed certificate is refused unless --trustSslCertificates says otherwise', async t => {
  const { private: key, cert } = await generate([{ name: 'commonName', value: 'localhost' }], {
    keySize: 2048
  })
  const target = new URL(app.address())
  const tls = createTlsServer({ key, cert }, socket => {
    const upstream = connect(Number(target.port), target.hostname)
    socket.pipe(upstream).pipe(socket)
    socket.on('error', () => upstream.destroy())
    upstream.on('error', () => socket.destroy())
  }).listen(0, '127.0.0.1')
  await once(tls, 'listening')
  t.teardown(() => void tls.close())
  const server = `--batchManager=localhost:${(tls.address() as { port: number }).port}`
  const refused = await run(t, ['listJobs', server])
  t.equal(refused.code, 255)
  t.match(refused.stderr, /certificate is not trusted.*--trustSslCertificates/)
  t.equal((await run(t, ['listJobs', server, '--trustSslCertificates'])).code, 0)
  const plain = await run(t, ['listJobs', `--batchManager=${target.host}`])
  t.equal(plain.code, 255)
  t.match(plain.stderr, new RegExp(`written http://${target.host}`))
})
