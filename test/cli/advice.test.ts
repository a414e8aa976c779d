// explain and restart --dryRun against a real server: what an operator is told before he acts, and that nothing is done by asking.
import t from 'tap'
import { buildApp } from '../support/build-app.ts'
import { run } from './cli-process.ts'
import { httpStandIn, json } from './http-stand-in.ts'

const app = await buildApp(t)
const SERVER = `--batchManager=${app.address()}`
const command = (...args: string[]) => run(t, args, { cwd: app.directory })

async function submitted(jobXMLName: string, parameters: Readonly<Record<string, string>> = {}) {
  const { stdout } = await command(
    'submit',
    SERVER,
    '--applicationName=SimpleBatchJob',
    `--jobXMLName=${jobXMLName}`,
    ...Object.entries(parameters).map(([name, value]) => `--jobParameter=${name}=${value}`),
    '--wait',
    '--pollingInterval_s=0.1',
    '--json'
  )
  return JSON.parse(stdout).jobInstance.instanceId as number
}

t.test('restart --dryRun says what would be done, and does nothing', async t => {
  const id = await submitted('test_chunk', { items: '100', 'fail.at': '42' })
  const executions = async () =>
    JSON.parse((await command('status', SERVER, `--jobInstanceId=${id}`, '--json')).stdout).jobExecutions
  const dryRun = (...more: string[]) => command('restart', SERVER, '--dryRun', ...more)

  const { code, stdout, stderr } = await dryRun(
    `--jobInstanceId=${id}`,
    '--reusePreviousParams',
    '--jobParameter=fail.at=none'
  )
  t.equal(code, 0)
  t.equal(stderr, '')
  t.match(stdout, `Job instance ${id} would be restarted; nothing was done.`)
  t.match(stdout, /\] Step step1: resume behind chunk 4 \(40 items read\): it is FAILED\n/)
  t.match(stdout, /\] Parameter fail\.at: "42" -> "none"\n/)
  t.match(stdout, /\] Parameter items: "100"\n/)
  t.equal((await executions()).length, 1)

  const [execution] = await executions()
  const document = await dryRun(`--jobExecutionId=${execution.executionId}`, '--json')
  t.equal(document.code, 0)
  t.match(JSON.parse(document.stdout).restartPreview, {
    restartable: true,
    steps: [{ stepName: 'step1', will: 'resume', from: { chunkNumber: 4, itemsRead: 40 } }],
    parameters: { 'fail.at': { before: '42', after: null } }
  })
  t.match((await dryRun(`--jobInstanceId=${id}`)).stdout, /\] Parameter fail\.at: "42" -> not set\n/)

  t.match(await dryRun(`--jobInstanceId=${id}`, '--wait'), { code: 22, stderr: /--dryRun.*--wait/ })
  t.match(await dryRun(), { code: 20 })
  t.match(await dryRun('--jobInstanceId=99999999'), { code: 23, stderr: /CWWKY0151E/ })
  const done = await submitted('test_chunk')
  t.match(await dryRun(`--jobInstanceId=${done}`), {
    code: 255,
    stdout: '',
    stderr: /would not be restarted: .*COMPLETED/
  })
  t.equal((await executions()).length, 1, 'nothing was restarted by all this')
})

t.test('a server that would overlook --dryRun is not asked', async t => {
  const liberty = await httpStandIn(t, (request, response) =>
    request.url!.endsWith('/jobinstances/none')
      ? response.writeHead(400).end('<html>CWWKY0151E</html>')
      : json(response, { instanceId: 1, restartable: true })
  )
  const { code, stderr } = await command(
    'restart',
    `--batchManager=${liberty.url}`,
    '--jobInstanceId=1',
    '--dryRun'
  )
  t.equal(code, 255)
  t.match(stderr, /This server knows no --dryRun\. Nothing was asked of it\./)
  t.notOk(liberty.requests().some(request => request.startsWith('PUT')))

  const unknown = await httpStandIn(t, (_, response) => response.writeHead(404).end('no'))
  t.match(await command('explain', `--batchManager=${unknown.url}`, '--schedule=nightly'), {
    code: 255,
    stderr: /cannot explain/
  })
  t.same(unknown.requests(), ['GET /api/v1/explain/schedules/nightly'])
})

t.test('explain says what is waited for', async t => {
  const { code, stdout } = await command('explain', SERVER, '--schedule', 'BATCH_ARCHIVAGE')
  t.equal(code, 0)
  t.match(stdout, /\] Schedule BATCH_ARCHIVAGE is InActive\.\n\[.*\] INACTIVE: .* \(since \d{4}-/)

  const id = await submitted('test_noop')
  t.match(
    (await command('explain', SERVER, `--jobInstanceId=${id}`)).stdout,
    new RegExp(`Job instance ${id} is COMPLETED\\.\n.* NOT_WAITING: It has ended: COMPLETED\\.`)
  )
  const delayed = await command(
    'submit',
    SERVER,
    '--applicationName=SimpleBatchJob',
    '--jobXMLName=test_noop',
    '--jobParameter=com_ibm_ws_batch_message_deliveryDelay=600000',
    '--json'
  )
  const { instanceId } = JSON.parse(delayed.stdout).jobInstance
  const document = await command('explain', SERVER, `--jobInstanceId=${instanceId}`, '--json')
  t.match(JSON.parse(document.stdout), {
    explanation: { waitingFor: [{ code: 'DELIVERY_DELAY', until: /Z$/ }] }
  })
  const { stdout: status } = await command('status', SERVER, `--jobInstanceId=${instanceId}`, '--json')
  const [execution] = JSON.parse(status).jobExecutions
  t.match(
    (await command('explain', SERVER, `--jobExecutionId=${execution.executionId}`)).stdout,
    /DELIVERY_DELAY: .* \(since .*, until .*\)\n/
  )

  t.match(await command('explain', SERVER), { code: 20 })
  t.match(await command('explain', SERVER, '--schedule=a', '--bulkJobId=b'), {
    code: 22,
    stderr: /one can be given/
  })
  t.match(await command('explain', SERVER, '--schedule=..'), { code: 22 })
  t.match(await command('explain', SERVER, '--schedule=none'), { code: 255, stderr: /404/ })
  t.match(await command('explain', SERVER, '--bulkJobId=none-such'), { code: 255, stderr: /404/ })
})
