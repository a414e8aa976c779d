// BATCH_ARCHIVAGE on whole servers: what is purged can be read in a zip, secrets apart, and a server that is killed loses none of it.
import { execFileSync, spawnSync } from 'node:child_process'
import { existsSync } from 'node:fs'
import { readdir, rename } from 'node:fs/promises'
import path from 'node:path'
import t from 'tap'
import { type Database, rows } from '../../src/store/database.ts'
import { buildApp } from '../support/build-app.ts'
import { serverPlace, type ServerProcess, startServer } from '../support/server-process.ts'
import { until } from '../support/until.ts'
import { clientOf } from '../http/schedules/scheduling-client.ts'

const needsUnzip = { skip: spawnSync('unzip', ['-v']).status === 0 ? false : 'there is no unzip here' }

/** As another program reads it. */
const contentOf = (zip: string, name: string) => execFileSync('unzip', ['-p', zip, name]).toString()
const namesIn = (zip: string) =>
  execFileSync('unzip', ['-Z1', zip], { encoding: 'utf8' }).split('\n').filter(Boolean)
const rowsIn = (zip: string, name: string) =>
  contentOf(zip, name)
    .split('\n')
    .filter(Boolean)
    .map(line => JSON.parse(line) as Record<string, unknown>)

async function age(db: Database, where: string): Promise<void> {
  await rows(
    db,
    `update job_instance set last_updated_time = clock_timestamp() - interval '31 days' where ${where}`
  )
}

t.test(
  'R004-8 what is old is in a zip: its rows, its logs, no secrets; then it is purged',
  needsUnzip,
  async t => {
    const app = await buildApp(t)
    const { db } = app.database
    const { ask, get, post, ended } = clientOf(app)
    const jsl = `<job id="kept" xmlns="http://xmlns.jcp.org/xml/ns/javaee" version="1.0"><step id="only">
    <batchlet ref="simpleBatchlet"><properties><property name="p" value="#{jobParameters['api.token']}"/></properties></batchlet>
    <partition><plan partitions="2"><properties partition="0"><property name="password" value="#{jobParameters['api.token']}"/></properties></plan></partition>
  </step></job>`
    await post('/definitions', {
      name: 'kept',
      application: 'SimpleBatchJob',
      jsl,
      parameters: { hidden: { secret: true } }
    })
    const ran = async () => {
      const parameters = { region: 'EU', 'api.token': 'hunter2', hidden: 'hunter3' }
      const { instanceId } = (await post('/definitions/kept/run', { parameters })).json
      await ended(instanceId)
      return instanceId as number
    }
    const [first, second, held, young, lost] = [
      await ran(),
      await ran(),
      await ran(),
      await ran(),
      await ran()
    ]
    await age(db, `instance_id <> ${young} and job_name = 'kept'`)
    await ask('PUT', `/instances/${held}/hold`, { body: { reason: 'kept here' } })
    // As if another server had its log, which this one does not see.
    const [log] = await rows<{ path: string }>(
      db,
      `select log_path as path from job_execution where instance_id = ${lost}`
    )
    await until('its parts are indexed', async () => {
      const parts = await rows(
        db,
        `select from job_log_part join job_execution using (execution_id) where instance_id = ${lost}`
      )
      return parts.length === 3
    })
    await rename(path.join(app.directory, 'joblogs', log!.path), path.join(app.directory, 'elsewhere'))

    const run = (
      await post('/schedules/BATCH_ARCHIVAGE/run', { parameters: { folder: 'kept', name: 'old' } })
    ).json
    t.match(await ended(run.instanceId), { batchStatus: 'COMPLETED' })
    const folder = path.join(app.directory, 'kept')
    t.same(await readdir(folder), [`old.run-${run.instanceId}.1.zip`])
    for (const id of [first, second]) t.equal((await get(`/runs/${id}`)).status, 404)
    for (const id of [held, young, lost]) t.equal((await get(`/runs/${id}`)).status, 200)
    const said = await app.http.inject(`/ibm/api/batch/jobinstances/${run.instanceId}/joblogs?type=text`)
    t.match(said.body, /archived to .*: 2, in 1 zips; purged: 2;.*not to be seen from here: 1\./)

    const zip = path.join(folder, `old.run-${run.instanceId}.1.zip`)
    t.match(rowsIn(zip, 'instances.jsonl'), [
      { instance_id: first, job_name: 'kept', instance_state: 'COMPLETED' },
      { instance_id: second }
    ])
    t.match(rowsIn(zip, 'executions.jsonl'), [{ instance_id: first, batch_status: 'COMPLETED' }, {}])
    t.equal(rowsIn(zip, 'executions.jsonl').length, 2)
    t.match(rowsIn(zip, 'steps.jsonl'), [{ instance_id: first, step_name: 'only' }, { instance_id: second }])
    t.equal(rowsIn(zip, 'partitions.jsonl').length, 4)
    t.match(rowsIn(zip, 'runs.jsonl'), [{ definition: 'kept', version: 1 }, {}])
    t.match(rowsIn(zip, 'jsl.jsonl'), [{ jsl: /job id="kept"/ }])
    const parameters = rowsIn(zip, 'parameters.jsonl').filter(row => row['instance_id'] === first)
    t.same(Object.fromEntries(parameters.map(row => [row['name'], row['value']])), {
      hidden: '********',
      region: 'EU',
      'api.token': '********'
    })
    const all = namesIn(zip)
    for (const id of [first, second])
      for (const part of [
        'part.1.log',
        'step.only/partition.0/part.1.log',
        'step.only/partition.1/part.1.log'
      ])
        t.ok(
          all.some(name => name.startsWith(`joblogs/instance.${id}/execution.`) && name.endsWith(part)),
          `${id} ${part}`
        )
    t.notMatch(execFileSync('unzip', ['-p', zip]).toString(), /hunter[23]/)
    t.match(JSON.parse(contentOf(zip, 'manifest.json')), {
      format: 'batchyard-archive-1',
      rows: { instances: 2, executions: 2, parameters: 6, partitions: 4, flows: 0 },
      logParts: 6
    })

    for (const parameters of [{ folder: '../elsewhere' }, { name: 'a/b' }, { days: '-1' }]) {
      const wrong = (await post('/schedules/BATCH_ARCHIVAGE/run', { parameters })).json
      t.match(await ended(wrong.instanceId), { batchStatus: 'FAILED' }, JSON.stringify(parameters))
    }
    t.notOk(existsSync(path.join(app.directory, '..', 'elsewhere')))
  }
)

t.test('E14 E12 a server killed in the middle of it loses nothing', needsUnzip, async t => {
  const place = await serverPlace(t)
  const { db } = place.database
  const settings = { BATCH_LEASE_SECONDS: '5' }
  const first = await startServer(t, place, { ...settings, BATCH_SERVER_ID: 'first' })
  const second = await startServer(t, place, { ...settings, BATCH_SERVER_ID: 'second' })
  const call = async (server: ServerProcess, method: string, url: string, body?: object) => {
    const answer = await fetch(`${server.url}${url}`, {
      method,
      ...(body === undefined
        ? {}
        : { headers: { 'content-type': 'application/json' }, body: JSON.stringify(body) })
    })
    if (!answer.ok) throw new Error(await answer.text())
    return (await answer.json()) as { instanceId: number; batchStatus: string; endTime: string | null }
  }
  const { instanceId: model } = await call(first, 'POST', '/ibm/api/batch/jobinstances', {
    applicationName: 'SimpleBatchJob',
    jobXMLName: 'test_noop'
  })
  await until('it has ended', async () => (await call(first, 'GET', `/api/v1/runs/${model}`)).endTime)
  const copies = 700
  await rows(
    db,
    `insert into job_instance select (jsonb_populate_record(i, jsonb_build_object('instance_id', 100000 + n,
      'latest_execution_id', 100000 + n))).* from job_instance i, generate_series(1, ${copies}) n where instance_id = ${model}`
  )
  await rows(
    db,
    `insert into job_execution select (jsonb_populate_record(e, jsonb_build_object('instance_id', 100000 + n,
      'execution_id', 100000 + n, 'log_path', ''))).* from job_execution e, generate_series(1, ${copies}) n where instance_id = ${model}`
  )
  await age(db, 'instance_id > 100000')

  const holding = Promise.withResolvers<void>()
  t.teardown(async () => holding.resolve())
  const locked = Promise.withResolvers<void>()
  const lock = db.transaction(async trx => {
    await rows(trx, 'select from job_instance where instance_id = 100200 for update')
    locked.resolve()
    await holding.promise
  })
  await locked.promise
  const run = await call(first, 'POST', '/api/v1/schedules/BATCH_ARCHIVAGE/run', {})
  const left = async () => {
    const [row] = await rows<{ left: number }>(
      db,
      'select count(*)::int as left from job_instance where instance_id > 100000'
    )
    return row!.left
  }
  await until('some are purged', async () => (await left()) < copies)
  const [execution] = await rows<{ serverId: string }>(
    db,
    `select server_id as "serverId" from job_execution where instance_id = ${run.instanceId}`
  )
  const [dying, other] = execution!.serverId.endsWith('/first') ? [first, second] : [second, first]
  dying.kill('SIGKILL')
  await dying.ended
  holding.resolve()
  await lock
  await until('the other server has done it', async () => {
    return (await call(other, 'GET', `/api/v1/runs/${run.instanceId}`)).batchStatus === 'COMPLETED'
  })
  await until('nothing is left, what the dead one had begun neither', async () => (await left()) === 0, 120)
  const folder = path.join(place.directory, 'data', 'archive')
  const zips = await readdir(folder)
  t.ok(zips.length >= 2, zips.join())
  t.same(
    zips.filter(name => !name.endsWith('.zip')),
    []
  )
  const kept = new Set(
    zips.flatMap(name => rowsIn(path.join(folder, name), 'instances.jsonl').map(row => row['instance_id']))
  )
  t.equal(kept.size, copies)
})
