// Caps on job logs over all that write them: threads and child processes, partitions of one execution, the whole folder.
import { readdir, readFile, stat, writeFile } from 'node:fs/promises'
import path from 'node:path'
import t, { type Test } from 'tap'
import { pino } from 'pino'
import { createApp } from '../../src/app.ts'
import { readConfig } from '../../src/config/config.ts'
import { createDatabase } from '../support/database.ts'
import { CALLER, endedJob, submitJsl } from '../support/jobs.ts'

const APPLICATIONS = path.join(import.meta.dirname, '../support/applications')
const MB = 1024 * 1024
const GAP = /--- \d+ records? (?:is|are) missing here: the job log could not be written \((.+)\) ---/g

async function serverWith(t: Test, environment: Readonly<Record<string, string>>, logs = t.testdir()) {
  const database = await createDatabase(t)
  const warned: { msg: string; reason?: string }[] = []
  const log = pino({ level: 'warn' }, { write: line => void warned.push(JSON.parse(line)) })
  const app = await createApp(
    readConfig({
      BATCH_PORT: '0',
      BATCH_DATABASE_URL: database.url,
      BATCH_DATA_DIR: t.testdir(),
      BATCH_JOBLOG_DIR: logs,
      BATCH_APPS_DIR: APPLICATIONS,
      BATCH_TIME_ZONE: 'UTC',
      ...environment
    }),
    log,
    () => {}
  )
  t.teardown(() => app.stop())
  await app.start()
  const gaps = () => warned.filter(({ msg }) => msg.includes('has a gap')).map(({ reason }) => reason)
  return { ...app, logs, gaps }
}

const talking = (mebibytes: number, partitions = 0) =>
  `<step id="s"><batchlet ref="talk"><properties><property name="mebibytes" value="${mebibytes}"/></properties></batchlet>${
    partitions === 0
      ? ''
      : `<partition><plan partitions="${partitions}" threads="${partitions}"/></partition>`
  }</step>`

async function filesIn(folder: string): Promise<string[]> {
  const names = await readdir(folder, { recursive: true })
  return names.filter(name => name.endsWith('.log')).map(name => path.join(folder, name))
}

async function bytesOf(folder: string): Promise<number> {
  const sizes = await Promise.all((await filesIn(folder)).map(async file => (await stat(file)).size))
  return sizes.reduce((sum, size) => sum + size, 0)
}

for (const isolation of ['thread', 'process'] as const)
  t.test(`with BATCH_ISOLATION=${isolation}`, async t => {
    const { operator, logs, gaps } = await serverWith(t, {
      BATCH_ISOLATION: isolation,
      BATCH_JOBLOG_EXECUTION_MB: '2'
    })

    t.test(
      'the partitions of one execution share its cap, and each log says what is missing and why',
      async t => {
        const execution = await endedJob(operator, await submitJsl(operator, 'talkative', talking(2, 3)))
        t.equal(execution.batchStatus, 'COMPLETED', 'the job goes on')
        const folder = path.join(logs, execution.logPath)
        const bytes = await bytesOf(folder)
        // Each of four logs has its reserve.
        t.ok(bytes > 1.7 * MB && bytes < 2 * MB + 4 * 17 * 1024, `${bytes}`)
        const reasons = new Set<string>()
        for (const file of await filesIn(folder)) {
          const text = await readFile(file, 'utf8')
          for (const [, reason] of text.matchAll(GAP)) reasons.add(reason!)
          if (/partition\.\d+.part\.\d+\.log$/.test(file)) continue
          t.match(text, /CWWKY0010I/, 'the engine says how it ended')
        }
        t.same([...reasons], gaps(), 'the server’s log says it once')
        t.match(gaps(), [/^the job logs of one execution may have 2 MB \(BATCH_JOBLOG_EXECUTION_MB\)$/])
      }
    )

    t.test('the next execution has a cap of its own', async t => {
      const { logPath } = await endedJob(operator, await submitJsl(operator, 'talkative', talking(1)))
      t.ok((await bytesOf(path.join(logs, logPath))) > 1 * MB)
      t.equal(gaps().length, 1)
    })
  })

for (const isolation of ['thread', 'process'] as const)
  t.test(`all logs share a cap, until some are purged (BATCH_ISOLATION=${isolation})`, async t => {
    const logs = t.testdir({ older: {} })
    await writeFile(path.join(logs, 'older/part.1.log'), Buffer.alloc(MB))
    const server = await serverWith(
      t,
      { BATCH_ISOLATION: isolation, BATCH_JOBLOG_EXECUTION_MB: '0', BATCH_JOBLOG_TOTAL_MB: '4' },
      logs
    )
    const { operator, gaps } = server
    await server.tick()
    const first = await endedJob(operator, await submitJsl(operator, 'talkative', talking(2)))
    t.same(gaps(), [])
    const second = await endedJob(operator, await submitJsl(operator, 'talkative', talking(2)))
    const third = await endedJob(operator, await submitJsl(operator, 'talkative', talking(1)))
    t.match(
      [first, second, third],
      [{ batchStatus: 'COMPLETED' }, { batchStatus: 'COMPLETED' }, { batchStatus: 'COMPLETED' }]
    )
    t.match(gaps(), [/^all job logs of this server may have 4 MB \(BATCH_JOBLOG_TOTAL_MB\)$/], 'once')
    const full = await bytesOf(logs)
    t.ok(full > 3.7 * MB && full < 4 * MB + 2 * 17 * 1024, `${full}`)
    const starved = await readFile(path.join(logs, third.logPath, 'part.1.log'), 'utf8')
    t.match(starved, /missing here.*BATCH_JOBLOG_TOTAL_MB/)
    t.notMatch(starved, /record 9 /)

    await operator.purge(first.instanceId, { jobStoreOnly: false }, CALLER)
    const fourth = await endedJob(operator, await submitJsl(operator, 'talkative', talking(1)))
    const { size } = await stat(path.join(logs, fourth.logPath, 'part.1.log'))
    t.ok(size > MB, `${size}`)
    t.equal(gaps().length, 1)

    await operator.deleteJobLogs(second.instanceId, CALLER)
    await endedJob(operator, await submitJsl(operator, 'talkative', talking(2)))
    t.equal(gaps().length, 1, 'nothing is missing')
    await endedJob(operator, await submitJsl(operator, 'talkative', talking(2)))
    t.equal(gaps().length, 2, 'full again, said again')
    const before = await bytesOf(logs)
    await server.tick()
    t.ok(before < 4 * MB + 4 * 17 * 1024, `${before}`)
  })

t.test('a job that logs without giving way is granted space all the same by another process', async t => {
  const { operator, logs, gaps } = await serverWith(t, {
    BATCH_ISOLATION: 'process',
    BATCH_JOBLOG_EXECUTION_MB: '20'
  })
  const jsl = `<step id="s"><batchlet ref="blurt"/></step>`
  const { batchStatus, logPath } = await endedJob(operator, await submitJsl(operator, 'talkative', jsl))
  t.equal(batchStatus, 'COMPLETED')
  t.ok((await bytesOf(path.join(logs, logPath))) > 5 * MB)
  t.same(gaps(), [])
})
