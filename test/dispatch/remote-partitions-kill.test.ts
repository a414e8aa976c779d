// E7, E8, E12 `kill -9` and SIGTERM of servers that a step's partitions run on: of partitions', of the step's, and of several.
import { readdirSync, readFileSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import t, { type Test } from 'tap'
import type { Json } from '../support/batch-client.ts'
import { ledgerOf } from '../support/ledger.ts'
import type { ServerProcess } from '../support/server-process.ts'
import { BATCHLETS, chunksIn, PARTITIONS, piecesOf, traceOf } from '../support/spread-processes.ts'
import { until } from '../support/until.ts'
import { inAFlow, ITEMS, recovery, saysFromNow, type Spread, spreadJobs } from './spread-jobs.ts'

t.setTimeout(900_000)

const fleet = await spreadJobs(t)
const { db } = fleet.place.database
/** Said by the next start of a server that was killed. */
/** By a new start of the same server, or by another server once its lease has run out. */
const LEFT = /^server .* (ended without finishing it|died \(it gave no sign of life for \d+ s\))$/
const inOrder = [...Array.from({ length: ITEMS / 10 }, (_, at) => 10 * (at + 1)), ITEMS]

async function restart(t: Test, at: Spread): Promise<void> {
  const { execution_id } = await at.row()
  const jobParameters = { trace: at.trace, items: `${ITEMS}` }
  const path = `/jobexecutions/${execution_id}?action=restart&permitRedirect=false`
  const answer = await fleet.client.call('PUT', path, { jobParameters })
  t.equal(answer.status, 200, answer.text)
}

async function completedOnce(t: Test, at: Spread): Promise<void> {
  t.match(await fleet.client.ended(at.instanceId), { batchStatus: 'COMPLETED' }, fleet.servers[0]!.log())
  const all = at.numbers.length * ITEMS
  t.match(await ledgerOf(db, at.instanceId), { rows: all, distinct: all, highest: ITEMS })
}

t.test(
  'fail: of three servers one dies and one is told to end: what was there is lost, the rest ends',
  async t => {
    const at = await fleet.spread('fail', 3)
    const [dying, leaving] = at.others as [ServerProcess, ServerProcess]
    fleet.kill(dying, 'SIGKILL')
    await dying.ended
    fleet.kill(leaving, 'SIGTERM')
    t.match(await leaving.ended, { code: 0 })
    await fleet.start(fleet.nameOf(dying))
    await until('those of the dead one are FAILED', async () => {
      const { messages } = await at.row()
      return at.on(dying).every(n => messages[n] !== null)
    })
    t.match(await fleet.client.when(at.instanceId, 'STARTED'), {}, 'the others are waited for')
    at.goOn()
    t.match(await fleet.client.ended(at.instanceId), { batchStatus: 'FAILED' })
    const row = await at.row()
    t.match(row, { crashes: 1, collected: 0, reason: LEFT })
    for (const n of at.numbers) {
      if (at.on(dying).includes(n)) t.match(row.messages[n], LEFT)
      else if (at.on(leaving).includes(n)) t.match(row.messages[n], /^server .* shut down$/)
      else t.equal(row.messages[n], null)
      const pieces = piecesOf(traceOf(at.trace), n)
      // What was stopped gives a shorter chunk, and that again at its end.
      const given = at.on(leaving).includes(n) ? pieces.slice(0, 4) : pieces
      t.same(given, inOrder.slice(0, given.length), 'what was given came in order, once')
      if (at.on(leaving).includes(n)) t.same(pieces.slice(4), [46, 46])
    }
    t.same(traceOf(at.trace).slice(-2), [{ reducer: 'rollback' }, { reducer: 'after ROLLBACK' }])
    await restart(t, at)
    await completedOnce(t, at)
  }
)

t.test(
  'E12 fail: a server with nothing but partitions is told to end: the job, STOPPED, says which',
  async t => {
    const at = await fleet.spread('fail', 2)
    const [leaving] = at.others as [ServerProcess]
    const [left] = at.on(leaving) as [number]
    await fleet.toldToEnd(at, leaving)
    t.match(await fleet.client.ended(at.instanceId), { batchStatus: 'STOPPED' })
    const row = await at.row()
    t.match(row, { crashes: 0, collected: 0, reason: /^server .* shut down$/ })
    const name = fleet.nameOf(leaving)
    t.match(row.reason, new RegExp(`/${name} shut down$`))
    for (const n of at.numbers) t.equal(row.messages[n], at.on(leaving).includes(n) ? row.reason : null)
    const shown = await fetch(`${at.parent.url}/api/v1/executions/${row.execution_id}`)
    t.match(await shown.json(), { reason: row.reason })
    const log = await fleet.client.call(
      'GET',
      `/jobexecutions/${row.execution_id}/joblogs?type=text&part=part.1.log`
    )
    t.match(log.text, `Partition ${left} of step s: ${row.reason}`)
    const folder = fleet.file(`${name}/joblogs`)
    const own = readdirSync(folder, { recursive: true, encoding: 'utf8' }).find(file =>
      file.endsWith(`execution.${row.execution_id}/step.s/partition.${left}/part.1.log`)
    )
    t.match(readFileSync(path.join(folder, own!), 'utf8'), `The job is stopped: ${row.reason}.`)
    await restart(t, at)
    await completedOnce(t, at)
  }
)

t.test('E12 resume: of three servers one dies and one is told to end: nothing is analyzed twice', async t => {
  const at = await fleet.spread('resume', 3, inAFlow)
  const [dying, leaving] = at.others as [ServerProcess, ServerProcess]
  fleet.kill(dying, 'SIGKILL')
  await dying.ended
  await fleet.toldToEnd(at, leaving)
  await fleet.start(fleet.nameOf(dying))
  await completedOnce(t, at)
  t.match(await at.row(), { execution_number: 0, crashes: 1, collected: 0 })
  const trace = traceOf(at.trace)
  for (const n of at.numbers) t.same(piecesOf(trace, n), inOrder, `partition ${n}`)
  t.equal(trace.filter(({ batchStatus }) => batchStatus === 'COMPLETED').length, at.numbers.length)
  t.equal(trace.filter(({ reducer }) => reducer === 'begin').length, 1, 'the step was not entered again')
})

t.test(
  'E8 fail: when the server of the step dies all of it is FAILED, and partitions elsewhere end',
  async t => {
    const at = await fleet.spread('fail', 2)
    const told = saysFromNow(at.others[0]!, /a unit belongs to somebody else now/)
    await fleet.killedAndStartedAgain(at.parent)
    t.match(await fleet.client.ended(at.instanceId), { batchStatus: 'FAILED' })
    t.match(await at.row(), { reason: LEFT, crashes: 1, collected: 0 })
    await told()
    at.goOn()
    await restart(t, at)
    await completedOnce(t, at)
  }
)

t.test('E12 resume: when the server of the step dies it is entered again elsewhere, in its flow', async t => {
  const at = await fleet.spread('resume', 2, inAFlow)
  const recovered = saysFromNow(at.others[0]!, /recovered a job execution of a server that died/)
  fleet.kill(at.parent, 'SIGKILL')
  // Nobody starts it again: its lease runs out.
  await recovered()
  at.goOn()
  await completedOnce(t, at)
  t.match(await at.row(), { execution_number: 0, crashes: 1, collected: 0 })
  const trace = traceOf(at.trace)
  t.equal(trace.filter(({ reducer }) => reducer === 'begin').length, 2)
  t.same(trace.at(-1), { reducer: 'after COMMIT' })
  for (const n of at.numbers) {
    const pieces = piecesOf(trace, n).slice(0, -1)
    t.same(
      pieces,
      pieces.toSorted((a, b) => a - b),
      'still in order'
    )
  }
})

t.test(
  'E12 resume: the server of the step is told to end: partitions elsewhere give way with it',
  async t => {
    const at = await fleet.spread('resume', 2)
    await fleet.toldToEnd(at, at.parent)
    await completedOnce(t, at)
    t.match(await at.row(), { execution_number: 0, crashes: 0, collected: 0 })
    const trace = traceOf(at.trace)
    for (const n of at.numbers)
      t.same(piecesOf(trace, n), inOrder, `partition ${n}: all that stood when it gave way was analyzed`)
  }
)

t.test(
  'multiJVM=false: partitions go on on one server after theirs has died, and are there once',
  async t => {
    await fleet.living(2)
    const [trace, go] = [fleet.file('trace-local'), fleet.file('go-local')]
    const stays = `<properties>${recovery('resume')}<property name="com.ibm.websphere.batch.partition.multiJVM" value="false"/></properties>`
    const instanceId = await fleet.submit(chunksIn(PARTITIONS), { trace, go, items: `${ITEMS}` }, stays)
    await until(
      'two are in the middle',
      () => traceOf(trace).filter(({ data }) => data?.last === 40).length === 2
    )
    const [{ serverId }] = (await fleet.client.get(`/jobinstances/${instanceId}/jobexecutions`)) as [Json]
    await fleet.killedAndStartedAgain(fleet.called(serverId as string))
    writeFileSync(go, '')
    t.match(await fleet.client.ended(instanceId), { batchStatus: 'COMPLETED' })
    const all = PARTITIONS * ITEMS
    t.match(await ledgerOf(db, instanceId), { rows: all, distinct: all, highest: ITEMS })
    t.same(
      (await fleet.partitions(instanceId)).map(each => `${each.serverId}`),
      Array<string>(PARTITIONS).fill('')
    )
  }
)

t.test('E8 a batchlet whose step was ended from outside ends on the other server at once', async t => {
  await fleet.living(2)
  const parameters = {
    trace: fleet.file('trace'),
    meet: fleet.file('meet'),
    partners: '4',
    go: fleet.file('never')
  }
  const instanceId = await fleet.submit(BATCHLETS, parameters)
  const { executionId } = await fleet.client.when(instanceId, 'STARTED')
  await until('all are at work', async () => {
    const partitions = await fleet.partitions(instanceId)
    return partitions.filter(each => each.batchStatus === 'STARTED').length === PARTITIONS
  })
  const [{ serverId }] = (await fleet.client.get(`/jobinstances/${instanceId}/jobexecutions`)) as [Json]
  const cutOff = fleet.servers.map(server => saysFromNow(server, /a job execution was ended from outside/))
  const asked = fleet.servers.find(server => server !== fleet.called(serverId as string))!
  const answer = await fetch(`${asked.url}/api/v1/executions/${executionId}/force-end`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ batchStatus: 'FAILED', reason: 'for the test' })
  })
  t.ok(answer.ok, await answer.text())
  for (const said of cutOff) await said()
})
