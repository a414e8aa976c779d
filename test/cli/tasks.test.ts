// The tasks against a real server: what they do there, what they print, and the exit codes scripts decide by.
import { readdir, readFile, writeFile } from 'node:fs/promises'
import path from 'node:path'
import t from 'tap'
import { buildApp } from '../support/build-app.ts'
import { run } from './cli-process.ts'
import { httpStandIn, json } from './http-stand-in.ts'

const app = await buildApp(t)
const SERVER = `--batchManager=${app.address()}`
const APP = '--applicationName=SimpleBatchJob'
const SLEEPY = [SERVER, APP, '--jobXMLName=test_sleepyBatchlet']
const WAIT = ['--wait', '--pollingInterval_s=0.1']

const command = (...args: (string | string[])[]) => run(t, args.flat(), { cwd: app.directory })

function instanceIdIn(stdout: string): string {
  return /"instanceId":(\d+)/.exec(stdout)![1]!
}

t.test('a submit that waits prints the messages of Liberty and ends with 35', async t => {
  const { code, stdout, stderr } = await command('submit', SERVER, APP, '--jobXMLName=test_chunk', ...WAIT)
  t.equal(code, 35)
  t.equal(stderr, '')
  for (const part of ['CWWKY0101I', 'CWWKY0106I: JobInstance:{', 'CWWKY0105I', 'CWWKY0107I: JobExecution:{'])
    t.ok(stdout.includes(part), part)
  t.match(stdout, /^\[\d{4}(\/\d\d){2} [\d:.]{12} \+0000\] CWWKY0101I: /)
  t.match(stdout, /Step step1 COMPLETED, read 100, written 100/)
  t.notOk(stdout.includes('_links'))
})

t.test('a submit that does not wait ends with 0 at once', async t => {
  const { code, stdout } = await command('submit', ...SLEEPY, '--jobParameter=sleep.time.seconds=60')
  t.equal(code, 0)
  const stop = await command('stop', SERVER, `--jobInstanceId=${instanceIdIn(stdout)}`, ...WAIT)
  t.equal(stop.code, 33)
  t.match(stop.stdout, /CWWKY0104I[^]*CWWKY0103I/)
})

t.test('a job that fails ends with 34', async t => {
  t.equal((await command('submit', SERVER, APP, '--jobXMLName=test_failingBatchlet', ...WAIT)).code, 34)
})

t.test('job parameters of the command line count more than those of a file, and may hold =', async t => {
  await writeFile(path.join(app.directory, 'p.properties'), '# a comment\nsleep.time.seconds = 60\nx: file\n')
  const { stdout, code } = await command(
    ['submit', ...SLEEPY, '--jobPropertiesFile=p.properties', '--jobParameter', 'sleep.time.seconds=0'],
    ['--jobParameter=y=a=b', '--jobParameter=ü=한국', ...WAIT, '--json']
  )
  t.equal(code, 35)
  t.same(JSON.parse(stdout).jobExecution.jobParameters, {
    'sleep.time.seconds': '0',
    x: 'file',
    y: 'a=b',
    ü: '한국'
  })
})

t.test('--returnExitStatus hands on the number at the beginning of the exit status', async t => {
  const jsl = `<job id="exits" xmlns="http://xmlns.jcp.org/xml/ns/javaee" version="1.0">
    <step id="s"><batchlet ref="simpleBatchlet"/><end on="*" exit-status="8:enough"/></step></job>`
  await writeFile(path.join(app.directory, 'exits.xml'), jsl)
  const { code } = await command([
    'submit',
    SERVER,
    APP,
    '--jobXMLFile=exits.xml',
    ...WAIT,
    '--returnExitStatus'
  ])
  t.equal(code, 8)
})

t.test('a stopped job restarts with its parameters under --reusePreviousParams', async t => {
  const { stdout } = await command(
    'submit',
    ...SLEEPY,
    '--jobParameter=sleep.time.seconds=60',
    '--jobParameter=a=1'
  )
  const id = `--jobInstanceId=${instanceIdIn(stdout)}`
  await command('stop', SERVER, id, ...WAIT)
  const restart = await command([
    'restart',
    SERVER,
    id,
    '--reusePreviousParams',
    '--jobParameter=sleep.time.seconds=0',
    ...WAIT,
    '--json'
  ])
  t.equal(restart.code, 35)
  t.same(JSON.parse(restart.stdout).jobExecution.jobParameters, { 'sleep.time.seconds': '0', a: '1' })
  t.match(restart.stderr, /CWWKY0102I/)
  const again = await command('restart', SERVER, id)
  t.equal(again.code, 255)
  t.match(again.stderr, /409.*COMPLETED/)
  const status = await command('status', SERVER, id, '--json')
  t.equal(status.code, 35)
  t.same(
    JSON.parse(status.stdout).jobExecutions.map((one: { batchStatus: string }) => one.batchStatus),
    ['COMPLETED', 'STOPPED']
  )
})

t.test('a restart token makes the next submit a restart, and is emptied when that got through', async t => {
  const file = path.join(app.directory, 'token')
  await writeFile(file, '')
  const submit = [...SLEEPY, `--restartTokenFile=${file}`]
  const first = await command('submit', ...submit, '--jobParameter=sleep.time.seconds=60')
  const id = instanceIdIn(first.stdout)
  t.equal(await readFile(file, 'utf8'), `restartJob=${id}\n`)
  await command('stop', SERVER, `--jobInstanceId=${id}`, ...WAIT)
  const second = await command('submit', ...submit, '--jobParameter=sleep.time.seconds=0', ...WAIT)
  t.equal(second.code, 35)
  t.match(second.stdout, new RegExp(`CWWKY0102I.* ${id}\\.`))
  t.equal(await readFile(file, 'utf8'), '')
})

t.test('a job log is printed as text, and saved as a zip under the name the server gives', async t => {
  const { stdout } = await command(
    'submit',
    SERVER,
    APP,
    '--jobXMLName=test_batchlet_jsl',
    ...WAIT,
    '--getJobLog'
  )
  t.match(stdout, /CWWKY0113I[^]*CWWKY0114I[^]*xxxxx Begin file: [^]*CWWKY0009I/)
  const id = `--jobInstanceId=${instanceIdIn(stdout)}`
  const text = await command('getJobLog', SERVER, id)
  t.match(text.stdout, /^xxxxx Begin file: /)
  const zip = await command('getJobLog', SERVER, id, '--type=zip')
  t.match(zip.stdout, /CWWKY0111I.*\/joblogs\.test_batchlet_jsl\.instance\.\d+\.zip\n$/)
  const saved = /written to (.*)\n$/.exec(zip.stdout)![1]!
  t.equal((await readFile(saved)).subarray(0, 2).toString(), 'PK')
  const file = await command('getJobLog', SERVER, id, '--outputFile=log.txt', '--json')
  t.same(JSON.parse(file.stdout), { outputFile: path.join(app.directory, 'log.txt') })
  t.equal(await readFile(path.join(app.directory, 'log.txt'), 'utf8'), text.stdout)
  t.same(
    (await readdir(app.directory)).filter(name => name.endsWith('.part')),
    []
  )
})

t.test('listJobs has one record a line, by page and by filter', async t => {
  const all = await command('listJobs', SERVER, '--pageSize=2')
  t.equal(all.code, 0)
  t.equal(all.stdout.match(/CWWKY0106I/g)?.length, 2)
})

t.test('filters go to the second version of the API, encoded, and a refusal of theirs is 255', async t => {
  const server = await httpStandIn(t, (request, response) => {
    if (request.url!.includes('nonsense'))
      json(response, { detail: 'createTime: a date\u001b[2J is expected.' }, 400)
    else json(response, [{ instanceId: 1, purgeStatus: 'COMPLETED', message: 'done', redirectUrl: '' }])
  })
  const target = `--batchManager=${server.url}`
  const filters = ['--jobInstanceId=>2', '--instanceState=FAILED', '--exitStatus=*A&B*']
  t.equal((await command('listJobs', target, ...filters, '--pageSize=7')).code, 0)
  const purged = await command('purge', target, ...filters, '--purgeJobStoreOnly')
  t.match(purged.stdout, /CWWKY0117I: .* 1: status COMPLETED\. Message: done/)
  const selection = 'jobInstanceId=%3E2&instanceState=FAILED&exitStatus=*A%26B*&page=0'
  t.same(server.requests(), [
    `GET /ibm/api/batch/v2/jobinstances?${selection}&pageSize=7`,
    `DELETE /ibm/api/batch/v2/jobinstances?${selection}&pageSize=50&purgeJobStoreOnly=true&permitRedirect=true`
  ])
  const refused = await command('listJobs', target, '--createTime=nonsense')
  t.equal(refused.code, 255)
  t.match(
    refused.stderr,
    /400 .*: createTime: a date\ufffd\[2J is expected\.\n$/,
    'and cannot move the cursor'
  )
})

t.test('a purged instance is unknown from then on: 23', async t => {
  const { stdout } = await command('submit', SERVER, APP, '--jobXMLName=test_noop', ...WAIT)
  const id = instanceIdIn(stdout)
  const purge = await command('purge', SERVER, `--jobInstanceId=${id}`)
  t.equal(purge.code, 0)
  t.match(purge.stdout, /CWWKY0115I/)
  const again = await command('purge', SERVER, `--jobInstanceId=${id}`)
  t.equal(again.code, 23)
  t.match(again.stderr, /^CWWKY0151E/)
  const several = await command('purge', SERVER, `--jobInstanceId=${id},999999`, '--json')
  t.equal(several.code, 0)
  t.ok(Array.isArray(JSON.parse(several.stdout).purged))
})

t.test(
  'what is missing, unknown or wrong in a command ends with 20, 21, 22 or 255, and asks nothing',
  async t => {
    await writeFile(path.join(app.directory, 'wait.properties'), '--wait=\n')
    const cases: readonly (readonly [number, RegExp, ...string[]])[] = [
      [20, /--applicationName or --moduleName/, 'submit', SERVER],
      [20, /--jobInstanceId or --jobExecutionId/, 'status', SERVER],
      [20, /--exitStatus must be given/, 'purge', SERVER],
      [20, /password/, 'listJobs', SERVER, '--user=bob'],
      [21, /--nonsense/, 'submit', SERVER, APP, '--nonsense=1'],
      [21, /--wait/, 'status', SERVER, '--jobInstanceId=1', '--wait'],
      [21, /--wait/, 'status', SERVER, '--jobInstanceId=1', '--controlPropertiesFile=wait.properties'],
      [22, /text or zip/, 'getJobLog', SERVER, '--jobInstanceId=1', '--type=xml'],
      [22, /key=value/, 'submit', SERVER, APP, '--jobParameter=k1'],
      [22, /--wait=false/, 'submit', SERVER, APP, '--wait=false'],
      [22, /host:port/, 'listJobs', '--batchManager=ftp://host'],
      [255, /--page=x/, 'listJobs', SERVER, '--page=x'],
      [255, /cannot be read/, 'submit', SERVER, APP, '--jobXMLFile=nowhere.xml']
    ]
    for (const [expected, sentence, ...args] of cases) {
      const { code, stderr } = await command(...args)
      t.equal(code, expected, args.join(' '))
      t.match(stderr, sentence)
    }
  }
)

t.test('a failure under --json is one document too', async t => {
  const { code, stdout } = await command('status', SERVER, '--jobInstanceId=999999', '--json')
  t.equal(code, 23)
  const { error } = JSON.parse(stdout)
  t.match(error, { exitCode: 23, status: 404, code: 'NoSuchJobInstance', message: /CWWKY0151E/ })
})

t.test(
  'a control file gives options, those of the command line count more, and no password is printed',
  async t => {
    await writeFile(
      path.join(app.directory, 'control.properties'),
      `--batchManager=${app.address().replace('http:', 'http\\:')}\n--user=bob\n--password=geheim\n--jobParameter=a=1\n--jobParameter=b=1\n${APP}\n`
    )
    const { code, stdout, stderr } = await command(
      [
        'submit',
        '--controlPropertiesFile=control.properties',
        '--jobXMLName=test_noop',
        '--jobParameter=b=2'
      ],
      ['--verbose', ...WAIT, '--json']
    )
    t.equal(code, 35)
    t.same(JSON.parse(stdout).jobExecution.jobParameters, { a: '1', b: '2' })
    t.match(stderr, /"password":"XXXX"/)
    t.notOk(`${stdout}${stderr}`.includes('geheim'))
  }
)
