// Purges of many over servers that are processes of their own: with a folder of job logs for each, and with one for all.
import { readdir } from 'node:fs/promises'
import path from 'node:path'
import t from 'tap'
import { rows } from '../../../src/store/database.ts'
import { until } from '../../support/until.ts'
import { type Gate, nameOf, type Place, placeOf, type RoleServer } from '../../dispatch/servers-in-roles.ts'

/** A server that is stopped for a while is not to be declared dead for it. */
const PATIENT = { BATCH_LEASE_SECONDS: '300' }

/** Jobs that ended on both servers: one of `two` is held back until one of `one` has run, and the other way round. */
async function endedOnBoth(place: Place, servers: readonly RoleServer[]): Promise<Map<number, string>> {
  const ran = new Map<number, string>()
  const gates: Gate[] = []
  // A held job keeps the one thread of its server, so the next goes to the other.
  for (const server of servers) {
    const gate = await place.gate()
    gates.push(gate)
    const id = await server.submit('gated', 'held', { gate: gate.file })
    ran.set(id, nameOf(await server.when(id, 'STARTED')))
  }
  for (const gate of gates) await gate.open()
  for (const id of ran.keys()) await servers[0]!.ended(id)
  const { db } = place.database
  await until('their logs are indexed', async () => {
    const found = await rows(
      db,
      /* sql */ `select distinct e.instance_id from batchyard.job_log_part p
        join batchyard.job_execution e using (execution_id) where e.instance_id = any(:ids::bigint[])`,
      { ids: [...ran.keys()] }
    )
    return found.length === ran.size
  })
  return ran
}

async function logFolders(root: string): Promise<string[]> {
  const found = await readdir(root, { recursive: true }).catch(() => [])
  return found.filter(name => /instance\.\d+$/.test(name))
}

/** The answer's results, by instance. */
async function purge(server: RoleServer, ids: Iterable<number>) {
  const answer = await server.call('DELETE', `/v4/jobinstances?jobInstanceId=${[...ids].join(',')}`)
  t.equal(answer.status, 200)
  return answer.json as { instanceId: number; purgeStatus: string; redirectUrl: string; message: string }[]
}

t.test('with folders of their own each deletes its share, whichever is asked', async t => {
  const place = await placeOf(t)
  const folder = (name: string) => path.join(place.directory, name, 'joblogs')
  const start = (name: string) => place.start(name, { ...PATIENT, BATCH_JOBLOG_DIR: folder(name) })
  const servers = [await start('one'), await start('two')]

  const ran = await endedOnBoth(place, servers)
  t.same([...new Set(ran.values())].toSorted(), ['one', 'two'])
  for (const { purgeStatus } of await purge(servers[0]!, ran.keys())) t.equal(purgeStatus, 'COMPLETED')
  for (const name of ['one', 'two']) t.same(await logFolders(folder(name)), [], name)
  for (const id of ran.keys()) t.equal((await servers[1]!.call('GET', `/jobinstances/${id}`)).status, 404)

  const again = await endedOnBoth(place, servers)
  servers[1]!.process.kill('SIGSTOP')
  const results = await purge(servers[0]!, again.keys())
  servers[1]!.process.kill('SIGCONT')
  for (const result of results) {
    const here = again.get(result.instanceId) === 'one'
    t.equal(result.purgeStatus, here ? 'COMPLETED' : 'NOT_LOCAL', JSON.stringify(result))
    if (!here) t.match(result.redirectUrl, new RegExp(`^${servers[1]!.process.url}`))
  }
  t.equal(
    (await logFolders(folder('two'))).length,
    1,
    'a server that lives and does not answer keeps its logs'
  )
  const elsewhere = results.filter(({ purgeStatus }) => purgeStatus === 'NOT_LOCAL')
  for (const { instanceId } of elsewhere)
    t.match(await servers[1]!.get(`/jobinstances/${instanceId}`), { instanceState: 'COMPLETED' })
  const after = await purge(
    servers[0]!,
    elsewhere.map(({ instanceId }) => instanceId)
  )
  for (const { purgeStatus } of after) t.equal(purgeStatus, 'COMPLETED', 'once it answers again')
  t.same(await logFolders(folder('two')), [])
})

t.test('in one folder for all a server deletes what others wrote, whether they live or not', async t => {
  const place = await placeOf(t)
  const folder = path.join(place.directory, 'shared')
  const start = (name: string) => place.start(name, { ...PATIENT, BATCH_JOBLOG_DIR: folder })
  const servers = [await start('one'), await start('two')]
  const ran = await endedOnBoth(place, servers)
  t.same([...new Set(ran.values())].toSorted(), ['one', 'two'])
  t.equal((await logFolders(folder)).length, ran.size)
  servers[1]!.process.kill('SIGSTOP')
  const results = await purge(servers[0]!, ran.keys())
  servers[1]!.process.kill('SIGCONT')
  for (const { purgeStatus } of results) t.equal(purgeStatus, 'COMPLETED')
  t.same(await logFolders(folder), [])
})
