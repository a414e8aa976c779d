// A purge plan whose server dies, or is told to end, half-way: another one goes on, and each instance is counted once.
import t from 'tap'
import { rows } from '../../src/store/database.ts'
import { serverPlace, type ServerProcess, startServer } from '../support/server-process.ts'
import { until } from '../support/until.ts'

const INSTANCES = 500

/** What is looked at of the answers. */
interface Answer {
  readonly planId: number
  readonly state: string
  readonly purged: number
  readonly instanceId: number | null
  readonly batchStatus: string
  readonly endTime: string | null
}

const call = async (server: ServerProcess, method: string, path: string, body?: object) => {
  const answer = await fetch(`${server.url}/api/v1${path}`, {
    method,
    ...(body === undefined
      ? {}
      : { headers: { 'content-type': 'application/json' }, body: JSON.stringify(body) })
  })
  if (!answer.ok) throw new Error(await answer.text())
  return (await answer.json()) as Answer
}

for (const [signal, words] of [
  ['SIGKILL', 'killed'],
  ['SIGTERM', 'told to end']
] as const)
  t.test(`E14 E12 a server that is ${words} in the middle of a plan`, async t => {
    const place = await serverPlace(t)
    const { db } = place.database
    const settings = { BATCH_LEASE_SECONDS: '5', BATCH_SHUTDOWN_SECONDS: '20' }
    const first = await startServer(t, place, { ...settings, BATCH_SERVER_ID: 'first' })
    const second = await startServer(t, place, { ...settings, BATCH_SERVER_ID: 'second' })
    const submitted = await fetch(`${first.url}/ibm/api/batch/jobinstances`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ applicationName: 'SimpleBatchJob', jobXMLName: 'test_noop' })
    })
    const { instanceId: model } = (await submitted.json()) as { instanceId: number }
    await until('it has ended', async () => (await call(first, 'GET', `/runs/${model}`)).endTime !== null)
    // As the job above, many times.
    await rows(
      db,
      `insert into job_instance select (jsonb_populate_record(i, jsonb_build_object('instance_id', 100000 + n,
        'latest_execution_id', 100000 + n))).* from job_instance i, generate_series(1, ${INSTANCES}) n where instance_id = :model`,
      { model }
    )
    await rows(
      db,
      `insert into job_execution select (jsonb_populate_record(e, jsonb_build_object('instance_id', 100000 + n,
        'execution_id', 100000 + n, 'log_path', ''))).* from job_execution e, generate_series(1, ${INSTANCES}) n where instance_id = :model`,
      { model }
    )
    const plan = await call(first, 'POST', '/purge-plans', { filter: { jobInstanceId: '>100000' } })
    t.match(plan, { instances: INSTANCES })

    // What is in its way in the middle: no purge gets past this one.
    const holding = Promise.withResolvers<void>()
    t.teardown(async () => holding.resolve())
    const locked = Promise.withResolvers<void>()
    const lock = db.transaction(async trx => {
      await rows(trx, `select from job_instance where instance_id = ${100_000 + INSTANCES / 2} for update`)
      locked.resolve()
      await holding.promise
    })
    await locked.promise
    const path = `/purge-plans/${plan.planId}`
    await call(first, 'POST', `${path}/execute`)
    const instanceId = await until('a part of it is done', async () => {
      const plan = await call(first, 'GET', path)
      return plan.purged > 0 ? plan.instanceId : null
    })
    const [execution] = await rows<{ serverId: string }>(
      db,
      'select server_id as "serverId" from job_execution where instance_id = :instanceId',
      { instanceId }
    )
    const [ending, other] = execution!.serverId.endsWith('/first') ? [first, second] : [second, first]
    ending.kill(signal)
    if (signal === 'SIGKILL') await ending.ended
    holding.resolve()
    await lock
    const done = await until('the other server has done it', async () => {
      const now = await call(other, 'GET', path)
      return now.state === 'Done' ? now : null
    })
    t.match(done, { purged: INSTANCES, changed: 0, held: 0, failed: 0 })
    const [left] = await rows<{ left: number }>(
      db,
      'select count(*)::int as left from job_instance where instance_id > 100000'
    )
    t.equal(left!.left, 0)
    await until('its run has ended, too', async () => {
      const run = await call(other, 'GET', `/runs/${instanceId}`)
      return run.batchStatus === 'COMPLETED'
    })
    const audited = await rows<{ times: number }>(
      db,
      `select count(*)::int as times from audit where what = 'instance.purge' group by target having count(*) <> 1`
    )
    t.same(audited, [], 'each has one row in the audit')
    t.match(await ending.ended, signal === 'SIGKILL' ? { signal } : { code: 0 })
  })
