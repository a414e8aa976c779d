// E3 a step's partitions run on all servers: collector, analyzer, reducer, logs, stop and failure as on one.
import t from 'tap'
import { batchClient } from '../support/batch-client.ts'
import { ledgerOf } from '../support/ledger.ts'
import {
  BATCHLETS,
  CHUNKS,
  PARTITIONS,
  piecesOf,
  spreadProcesses,
  traceOf
} from '../support/spread-processes.ts'
import { until } from '../support/until.ts'

const both = await spreadProcesses(t, ['first', 'second'])
const { place, servers, client, file } = both
const { db } = place.database
let job = 0
/** Parameters with which all partitions are at work at one time, on both servers. */
const meeting = (more: Readonly<Record<string, string>> = {}) => {
  job++
  return { trace: file(`trace-${job}`), meet: file(`meet-${job}`), partners: String(PARTITIONS), ...more }
}
const numbers = Array.from({ length: PARTITIONS }, (_, n) => n)
const leftOver = async () =>
  ((await db.raw('select * from batchyard.collected_data')) as { rows: object[] }).rows

t.test(
  'chunks on both servers: what is collected is analyzed in order, once, before its partition’s status',
  async t => {
    const parameters = meeting({ items: '95' })
    const id = await both.submit(CHUNKS, parameters)
    const execution = await client.ended(id)
    t.match(execution, { batchStatus: 'COMPLETED' })
    const partitions = await both.partitions(id)
    t.same(
      partitions.map(({ batchStatus }) => batchStatus),
      numbers.map(() => 'COMPLETED')
    )
    t.same(
      new Set(partitions.map(({ serverId }) => (serverId as string).split('/').at(-1))),
      new Set(['first', 'second'])
    )
    for (const { restUrl, serverId } of partitions)
      t.equal(restUrl, `${both.called(serverId as string).url}/ibm/api/batch`)
    const trace = traceOf(parameters.trace)
    for (const n of numbers) {
      t.same(piecesOf(trace, n), [10, 20, 30, 40, 50, 60, 70, 80, 90, 95, 95], `partition ${n}`)
      const own = trace.filter(({ data }) => data?.partition === n)
      t.same(
        own.map(({ data }) => data.written),
        piecesOf(trace, n),
        'the counters are those of the commit'
      )
      t.equal(own[0].data.name, `number ${n}`, 'its plan came along')
    }
    t.same(trace[0], { reducer: 'begin' })
    t.same(trace.slice(-2), [{ reducer: 'before completion' }, { reducer: 'after COMMIT' }])
    t.equal(trace.filter(({ batchStatus }) => batchStatus === 'COMPLETED').length, PARTITIONS)
    t.ok('batchStatus' in trace.at(-3), 'a status is the last that comes of a partition')
    t.match(await ledgerOf(db, id), { rows: 95 * PARTITIONS, distinct: 95 * PARTITIONS })
    t.same(await leftOver(), [])

    t.test('any server has the logs of all partitions', async t => {
      for (const server of servers) {
        const asked = batchClient(server)
        const links = (await asked.get(`/jobexecutions/${execution.executionId}/joblogs`)) as {
          href: string
        }[]
        for (const n of numbers) {
          const part = `step.s/partition.${n}/part.1.log`
          t.ok(
            links.some(({ href }) => href.includes(encodeURIComponent(part)) || href.includes(part)),
            part
          )
          const url = `/jobexecutions/${execution.executionId}/joblogs?type=text&part=${part}&permitRedirect=false`
          const text = await asked.call('GET', url)
          t.equal(text.status, 200)
          t.match(text.text, `Partition number = ${n}\n`)
        }
      }
    })
  }
)

t.test('batchlets on both servers give their data at their end, before their status', async t => {
  const parameters = meeting()
  const id = await both.submit(BATCHLETS, parameters)
  t.match(await client.ended(id), { batchStatus: 'COMPLETED' })
  const trace = traceOf(parameters.trace)
  for (const n of numbers) {
    const data = trace.findIndex(line => line.data?.partition === n)
    const status = trace.findIndex(line => line.exitStatus === `met as ${n}`)
    t.ok(data > 0 && data < status, `partition ${n}: ${data}, ${status}`)
  }
  t.equal(trace.length, 2 * PARTITIONS + 3)
  t.same(await leftOver(), [])
})

t.test('multiJVM=false: all partitions stay with their step', async t => {
  const parameters = { trace: file('local'), items: '30' }
  const property = `<properties><property name="com.ibm.websphere.batch.partition.multiJVM" value="false"/></properties>`
  for (let at = 0; at < 3; at++) {
    const id = await both.submit(CHUNKS, parameters, property)
    const { executionId } = await client.ended(id)
    const partitions = await both.partitions(id)
    t.same(
      partitions.map(({ serverId, restUrl }) => serverId + restUrl),
      ['', '', '', ''],
      'as on one server'
    )
    const parts = (await db.raw(
      'select distinct server_id from batchyard.job_log_part where execution_id = ?',
      [executionId]
    )) as { rows: object[] }
    t.equal(parts.rows.length, 1)
  }
})

t.test('E11 a stop reaches the partitions on both servers', async t => {
  const parameters = meeting({ go: file('never') })
  const id = await both.submit(BATCHLETS, parameters)
  const { executionId } = await client.when(id, 'STARTED')
  await until(
    'all are at work',
    async () =>
      (await both.partitions(id)).filter(each => each.batchStatus === 'STARTED').length === PARTITIONS
  )
  const answer = await client.call('PUT', `/jobexecutions/${executionId}?action=stop&permitRedirect=false`)
  t.equal(answer.status, 200, answer.text)
  t.match(await client.ended(id), { batchStatus: 'STOPPED' })
  const partitions = await both.partitions(id)
  t.same(
    partitions.map(({ batchStatus }) => batchStatus),
    numbers.map(() => 'STOPPED')
  )
  t.equal(new Set(partitions.map(({ serverId }) => serverId)).size, 2)
  t.same(traceOf(parameters.trace).slice(-2), [{ reducer: 'rollback' }, { reducer: 'after ROLLBACK' }])
})

t.test('a partition that fails on either server fails the step; the others finish first', async t => {
  for (const fail of ['0', '3']) {
    const parameters = meeting({ items: '40', fail })
    const id = await both.submit(CHUNKS, parameters)
    const { executionId } = await client.ended(id)
    const partitions = await both.partitions(id)
    t.same(
      partitions.map(({ batchStatus }) => batchStatus),
      numbers.map(n => (`${n}` === fail ? 'FAILED' : 'COMPLETED'))
    )
    const trace = traceOf(parameters.trace)
    t.same(piecesOf(trace, Number(fail)), [10], 'what failed gives nothing at its end')
    t.same(trace.slice(-2), [{ reducer: 'rollback' }, { reducer: 'after ROLLBACK' }])
    t.match(await client.get(`/jobexecutions/${executionId}`), { batchStatus: 'FAILED' })
    const again = await client.call(
      'PUT',
      `/jobexecutions/${executionId}?action=restart&permitRedirect=false`,
      {
        jobParameters: { trace: parameters.trace, items: '40' }
      }
    )
    t.equal(again.status, 200, again.text)
    t.match(await client.ended(id), { batchStatus: 'COMPLETED' })
    t.match(await ledgerOf(db, id), { rows: 40 * PARTITIONS, distinct: 40 * PARTITIONS })
    t.equal((await both.partitions(id)).length, 1, 'only that one runs again')
  }
})

t.test('data too big for the way between servers fails the partition, and its log says so', async t => {
  const parameters = meeting({ items: '20', 'collect.bytes': String(2 * 1024 * 1024) })
  const id = await both.submit(CHUNKS, parameters)
  t.match(await client.ended(id), { batchStatus: 'FAILED' })
  const { rows } = (await db.raw(
    'select p.message, p.chunk_number from batchyard.partition p join batchyard.job_execution using (execution_id) where instance_id = ?',
    [id]
  )) as { rows: { message: string; chunk_number: number }[] }
  t.equal(rows.length, PARTITIONS)
  for (const { message, chunk_number } of rows) {
    t.match(message, /collector answered has \d{7} bytes: .*1048576 at a time/)
    t.equal(chunk_number, 1, 'the chunk before it stands')
  }
})
