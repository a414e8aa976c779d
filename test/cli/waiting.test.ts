// --wait as it goes wrong and as it is looked at: servers away, Ctrl-C, a terminal.
import t from 'tap'
import { batchClient } from '../support/batch-client.ts'
import { buildApp } from '../support/build-app.ts'
import { start, startOnTerminal } from './cli-process.ts'
import { httpStandIn, passOn } from './http-stand-in.ts'

const app = await buildApp(t)
const client = batchClient({ url: app.address() })
const SLEEPY = ['submit', '--applicationName=SimpleBatchJob', '--jobXMLName=test_sleepyBatchlet']
const WAIT = ['--wait', '--pollingInterval_s=0.1']

t.test('waiting outlives connections that break and a server that is away for a while', async t => {
  let away = 0
  const front = await httpStandIn(t, (request, response) => {
    const isPoll = request.method === 'GET'
    if (isPoll && away < 2) {
      away++
      if (away === 1) response.destroy()
      else response.writeHead(503).end('later')
    } else passOn(app.address(), request, response)
  })
  const waiting = start(t, [
    ...SLEEPY,
    `--batchManager=${front.url}`,
    '--jobParameter=sleep.time.seconds=1',
    ...WAIT
  ])
  const { code, stdout } = await waiting.finished
  t.equal(code, 35)
  t.equal(away, 2)
  t.equal(stdout.match(/No server answers/g)?.length, 1, 'told once')
})

t.test('waiting ends with 255 when no server answers within --reconnectTimeout_s', async t => {
  const front = await httpStandIn(t, (request, response) => {
    if (request.method === 'GET') response.destroy()
    else passOn(app.address(), request, response)
  })
  const args = [...SLEEPY, `--batchManager=${front.url}`, '--jobParameter=sleep.time.seconds=0', ...WAIT]
  const { code } = await start(t, [...args, '--reconnectTimeout_s=1']).finished
  t.equal(code, 255)
})

t.test('Ctrl-C under --stopOnShutdown stops the job and waits for that: 33', async t => {
  const args = [...SLEEPY, `--batchManager=${app.address()}`, '--jobParameter=sleep.time.seconds=60', ...WAIT]
  const waiting = start(t, [...args, '--stopOnShutdown'])
  await waiting.says(/Step step1 STARTED/)
  waiting.child.kill('SIGINT')
  const { code, stdout } = await waiting.finished
  t.equal(code, 33)
  t.match(stdout, /CWWKY0116I[^]*CWWKY0104I[^]*CWWKY0105I.*STOPPED/)
})

t.test('Ctrl-C without it ends the command, and the job goes on', async t => {
  const args = [...SLEEPY, `--batchManager=${app.address()}`, '--jobParameter=sleep.time.seconds=60', ...WAIT]
  const waiting = start(t, args)
  await waiting.says(/Step step1 STARTED/)
  waiting.child.kill('SIGINT')
  t.equal((await waiting.finished).signal, 'SIGINT')
  const [newest] = await client.get('/jobinstances?pageSize=1')
  t.equal(newest.batchStatus, 'STARTED')
  await client.call('PUT', `/jobinstances/${newest.instanceId}?action=stop`)
})

t.test('on a terminal the steps are drawn again and again, and gone at the end', async t => {
  const args = [...SLEEPY, `--batchManager=${app.address()}`, '--jobParameter=sleep.time.seconds=1', ...WAIT]
  const { code, stdout } = await startOnTerminal(t, args).finished
  t.equal(code, 35)
  const drawn = stdout.replaceAll('\u001b', 'ESC')
  t.match(drawn, /test_sleepyBatchlet STARTED {2}0:00\r\n {2}▸ step1 STARTED\r\nESC\[2AESC\[J/)
  t.match(drawn, /ESC\[2AESC\[J\[.*CWWKY0105I/)
})
