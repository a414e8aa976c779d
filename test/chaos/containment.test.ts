// What job code does to its thread or process costs its own unit, with a reason, and nobody else: the server answers all the
// while, and its neighbours finish (ENGINE E11).
import { readFile } from 'node:fs/promises'
import path from 'node:path'
import t, { type Test } from 'tap'
import { batchClient, type BatchClient } from '../support/batch-client.ts'
import { lasting } from '../support/chaos.ts'
import { ledgerOf, makeLedger } from '../support/ledger.ts'
import { type ServerPlace, serverPlace, type ServerProcess, startServer } from '../support/server-process.ts'
import { until } from '../support/until.ts'

t.setTimeout(300_000)

const HEAP_MB = 64
const exhausted = /^job code needed more than the 64 MB of heap/

/** Both ways of running job code contain these. */
const ANYWHERE: readonly (readonly [string, RegExp, Record<string, string>?])[] = [
  ['eatingHeap', exhausted],
  ['exiting', /^job code called process\.exit\(3\)/],
  ['rejectingInTimer', /rejected promise unhandled: Error: rejected in a timer/],
  ['killingItself', /^job code called process\.kill\(process\.pid, 'SIGTERM'\)/],
  ['signallingItself', /^job code called process\.kill\(process\.pid, 'SIGSEGV'\)/, { signal: 'SIGSEGV' }],
  ['signallingItself', /^job code called process\.kill\(process\.pid, 'SIGSTOP'\)/, { signal: 'SIGSTOP' }],
  ['signallingItsGroup', /^job code called process\.kill\(0, 'SIGWINCH'\)/]
]

/** These end a whole process. */
const IN_A_PROCESS: readonly (readonly [string, RegExp, Record<string, string>?])[] = [
  ['growingMap', exhausted],
  ['joining', exhausted],
  ['splitting', exhausted],
  ['aborting', /^its process was ended by SIGABRT/],
  ['crashingNatively', /^its process was ended by SIG(TRAP|ILL|SEGV|ABRT)/]
]

async function reasonOf({ database }: ServerPlace, executionId: number) {
  const { rows } = (await database.db.raw(
    `select e.reason, s.batch_status as step, s.message from batchyard.job_execution e
    left join batchyard.step_execution s using (execution_id) where execution_id = ?`,
    [executionId]
  )) as { rows: { reason: string; step: string; message: string }[] }
  return rows[0]!
}

/** Asks again and again until told to end; gives how often, and the longest wait in milliseconds. */
function keepAsking(server: ServerProcess) {
  let going = true
  const asked = (async () => {
    let times = 0
    let longest = 0
    for (; going; await lasting(20)) {
      const began = performance.now()
      const answer = await fetch(`${server.url}/readyz`, { signal: AbortSignal.timeout(10_000) })
      if (answer.status !== 200) throw new Error(`/readyz: ${answer.status}`)
      longest = Math.max(longest, performance.now() - began)
      times++
    }
    return { times, longest }
  })()
  asked.catch(() => {})
  return async () => {
    going = false
    return await asked
  }
}

const submitQuirk = (client: BatchClient, ref: string, parameters: Record<string, string> = {}) =>
  client.submit('containment', 'quirk', { ref, ...parameters })

async function failsAlone(
  t: Test,
  place: ServerPlace,
  client: BatchClient,
  [ref, reason, parameters]: (typeof ANYWHERE)[number]
): Promise<void> {
  const instanceId = await submitQuirk(client, ref, parameters)
  const execution = await client.ended(instanceId)
  t.match(execution, { batchStatus: 'FAILED', exitStatus: 'FAILED' })
  t.match(await reasonOf(place, execution.executionId), { reason, step: 'FAILED', message: reason })
}

for (const isolation of ['thread', 'process'] as const)
  t.test(`isolation ${isolation}`, async t => {
    const place = await serverPlace(t)
    await makeLedger(place.database.db)
    const server = await startServer(t, place, {
      BATCH_APPS_DIR: path.join(import.meta.dirname, '../support/applications'),
      BATCH_ISOLATION: isolation,
      BATCH_THREADS: '4',
      BATCH_THREAD_HEAP_MB: String(HEAP_MB),
      BATCH_STOP_GRACE_SECONDS: '1'
    })
    const client = batchClient(server)
    const doneAsking = keepAsking(server)
    const neighbour = await client.submit('ledger', 'numbers', { items: '400', millis: '20' })

    t.test('E11 an endless loop is stopped after its grace period, with the reason', async t => {
      const instanceId = await submitQuirk(client, 'loopingAfterTellingProcessID')
      const { executionId } = await client.when(instanceId, 'STARTED')
      await processIDOf(place, executionId)
      t.equal((await client.call('PUT', `/jobexecutions/${executionId}?action=stop`)).status, 200)
      t.match(await client.ended(instanceId), { batchStatus: 'STOPPED' })
      const reason = 'it did not react to the stop within 1 s, and its thread was ended'
      t.match(await reasonOf(place, executionId), { reason, step: 'STOPPED', message: reason })
    })

    for (const quirk of [...ANYWHERE, ...(isolation === 'process' ? IN_A_PROCESS : [])])
      t.test(`the batchlet ${quirk[0]} ${quirk[2]?.signal ?? ''} fails its own job, with the reason`, t =>
        failsAlone(t, place, client, quirk)
      )

    t.test('all the while the server answers, and a neighbour finishes', async t => {
      t.match(await client.ended(neighbour), { batchStatus: 'COMPLETED' })
      t.match(await ledgerOf(place.database.db, neighbour), { rows: 400, distinct: 400 })
      t.equal((await client.get(`/jobinstances/${neighbour}`)).instanceState, 'COMPLETED')
      const { times, longest } = await doneAsking()
      t.ok(longest < 5000, `${times} requests, the slowest took ${Math.round(longest)} ms`)
      t.equal((await server.stop()).code, 0)
    })
  })

for (const ref of ['printingProcessID', 'loopingAfterTellingProcessID'])
  t.test(`the process of ${ref} ends with its server, also after kill -9`, async t => {
    const place = await serverPlace(t)
    const server = await startServer(t, place, {
      BATCH_APPS_DIR: path.join(import.meta.dirname, '../support/applications'),
      BATCH_ISOLATION: 'process'
    })
    const client = batchClient(server)
    const instanceId = await submitQuirk(client, ref)
    const { executionId } = await client.when(instanceId, 'STARTED')
    const pid = await processIDOf(place, executionId)
    t.ok(isAlive(pid))
    server.kill('SIGKILL')
    await server.ended
    await until(`process ${pid} is gone`, () => !isAlive(pid))
  })

/** As the batchlet wrote it into its job log. */
async function processIDOf({ database, directory }: ServerPlace, executionId: number): Promise<number> {
  return await until('the batchlet tells its process id', async () => {
    const { rows } = (await database.db.raw(
      'select log_path from batchyard.job_execution where execution_id = ?',
      [executionId]
    )) as { rows: { log_path: string }[] }
    const log = await readFile(
      path.join(directory, 'joblogs', rows[0]!.log_path, 'part.1.log'),
      'utf8'
    ).catch(
      () => '' // not written yet
    )
    const told = /pid (\d+)/.exec(log)
    return told === null ? null : Number(told[1])
  })
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0)
    return true
  } catch {
    return false
  }
}
