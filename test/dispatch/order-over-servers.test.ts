// The order of what waits, over all servers: priority, then age, whoever took it in; and how an operator changes it.
import t from 'tap'
import { rows } from '../../src/store/database.ts'
import { until } from '../support/until.ts'
import { type Gate, nameOf, placeOf, type RoleServer } from './servers-in-roles.ts'

const PRIORITY = 'com_ibm_ws_batch_message_priority'

t.test('two servers of one thread each take what waits by priority, then by age', async t => {
  const place = await placeOf(t)
  const servers = await Promise.all([place.start('one'), place.start('two')])
  /** Holds the one thread of each. */
  const gates = new Map<string, Gate>()
  await until('each server holds a job', async () => {
    const gate = await place.gate()
    const id = await servers[0].submit('gated', 'held', { gate: gate.file })
    gates.set(nameOf(await servers[0].when(id, 'STARTED')), gate)
    return gates.size === 2
  })

  const priorities = [4, 0, 9, 4, 7, 9, 0, 4, 1, 8, 5, 9]
  const submitted: { readonly id: number; readonly priority: number }[] = []
  for (const [at, priority] of priorities.entries()) {
    const id = await servers[at % 2]!.submit('gated', 'quick', { [PRIORITY]: String(priority) })
    submitted.push({ id, priority })
  }
  // One thread comes free while the other is held: the first six of all begin there.
  await gates.get('two')!.open()
  const byUrgency = submitted.toSorted((a, b) => b.priority - a.priority || a.id - b.id)
  for (const { id } of byUrgency) t.match(await servers[0].ended(id), { batchStatus: 'COMPLETED' })
  const started = await rows<{ id: number; server: string }>(
    place.database.db,
    /* sql */ `select instance_id as id, server_id as server from batchyard.job_execution
    where instance_id = any(:ids::bigint[]) order by start_time`,
    { ids: submitted.map(({ id }) => id) }
  )
  t.same(
    started.map(({ id }) => id),
    byUrgency.map(({ id }) => id)
  )
  t.ok(started.every(({ server }) => nameOf({ serverId: server }) === 'two'))
  await gates.get('one')!.open()

  t.test('with both at work each takes its share in that order', async t => {
    const ids = new Map<number, number>()
    const gates = await heldAgain(place, servers)
    for (const [at, priority] of [...priorities, ...priorities].entries())
      ids.set(
        await servers[at % 2]!.submit('gated', 'quick', { [PRIORITY]: String(priority), ms: '50' }),
        priority
      )
    await Promise.all(gates.map(gate => gate.open()))
    for (const id of ids.keys()) await servers[0].ended(id)
    const shares = Map.groupBy(
      await rows<{ id: number; server: string }>(
        place.database.db,
        /* sql */ `select instance_id as id, server_id as server from batchyard.job_execution
        where instance_id = any(:ids::bigint[]) order by start_time`,
        { ids: [...ids.keys()] }
      ),
      ({ server }) => server
    )
    t.equal(shares.size, 2, 'both had some')
    for (const [server, share] of shares) {
      const order = share.map(({ id }) => id)
      t.same(
        order,
        order.toSorted((a, b) => ids.get(b)! - ids.get(a)! || a - b),
        server
      )
    }
  })
})

async function heldAgain(
  place: Awaited<ReturnType<typeof placeOf>>,
  servers: readonly RoleServer[]
): Promise<Gate[]> {
  const gates: Gate[] = []
  for (const held = new Set<string>(); held.size < servers.length;) {
    const gate = await place.gate()
    gates.push(gate)
    const id = await servers[0]!.submit('gated', 'held', { gate: gate.file })
    held.add(nameOf(await servers[0]!.when(id, 'STARTED')))
  }
  return gates
}

t.test('what waits gets another priority, and what does not is left alone', async t => {
  const place = await placeOf(t)
  const dispatcher = await place.start('front', { BATCH_ROLE: 'dispatcher' })
  await place.start('worker', { BATCH_ROLE: 'executor' })
  const [gate] = await heldAgain(place, [dispatcher])
  const [held] = (await dispatcher.get('/jobinstances?instanceState=DISPATCHED')) as { instanceId: number }[]
  const [first, second, late] = [
    await dispatcher.submit('gated', 'quick'),
    await dispatcher.submit('gated', 'quick'),
    await dispatcher.submit('gated', 'quick', { com_ibm_ws_batch_message_deliveryDelay: '3600000' })
  ]
  const executionOf = async (id: number) =>
    ((await dispatcher.get(`/jobinstances/${id}/jobexecutions`)) as { executionId: number }[])[0]!.executionId
  const urgent = await executionOf(second)
  t.match(await dispatcher.api('PUT', `/executions/${urgent}/priority`, { priority: 9 }), {
    status: 200,
    json: { executionId: urgent, instanceId: second, priority: 9 }
  })
  t.match(
    await dispatcher.api('PUT', `/executions/${await executionOf(late)}/priority`, { priority: 1 }),
    { status: 200 },
    'a delay is waited for all the same'
  )
  t.match(
    await dispatcher.api('PUT', `/executions/${await executionOf(held!.instanceId)}/priority`, {
      priority: 9
    }),
    { status: 409, json: { code: 'JobExecutionNotWaiting', detail: /STARTED/ } }
  )
  t.match(await dispatcher.api('PUT', `/executions/99999999/priority`, { priority: 9 }), {
    status: 404,
    json: { code: 'NoSuchJobExecution' }
  })
  for (const body of [{ priority: 10 }, { priority: -1 }, { priority: '9' }, {}, { priority: 1, why: 'x' }])
    t.match(await dispatcher.api('PUT', `/executions/${urgent}/priority`, body), { status: 400 })
  const { json } = await dispatcher.api('GET', `/audit?what=execution.priority`)
  t.match(json.items[1], {
    target: `execution:${urgent}`,
    before: { priority: 4 },
    after: { priority: 9 }
  })
  const [told] = await rows(
    place.database.db,
    `select body from batchyard.event where kind = 'jobs/execution/priority' and instance_id = :second`,
    { second }
  )
  t.match(told, { body: { execution_id: urgent, priority: 9 } })

  await gate!.open()
  const ends = [await dispatcher.ended(first), await dispatcher.ended(second)]
  const [firstAt, secondAt] = ends.map(({ executionId }) => executionId as number)
  const order = await rows<{ id: number }>(
    place.database.db,
    `select execution_id as id from batchyard.job_execution where execution_id = any(:ids::bigint[]) order by start_time`,
    { ids: [firstAt, secondAt] }
  )
  t.same(
    order.map(({ id }) => id),
    [secondAt, firstAt]
  )
  t.match(
    await dispatcher.api('PUT', `/executions/${urgent}/priority`, { priority: 9 }),
    { status: 409, json: { detail: /COMPLETED/ } },
    'it has ended'
  )
})
