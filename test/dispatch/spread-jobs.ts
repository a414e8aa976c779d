// Jobs whose partitions stand in the middle of their chunks on several servers of one fleet, for tests of what becomes of them.
import { writeFileSync } from 'node:fs'
import type { Json } from '../support/batch-client.ts'
import type { Teardown } from '../support/database.ts'
import type { ServerProcess } from '../support/server-process.ts'
import {
  chunksIn,
  piecesOf,
  type SpreadProcesses,
  spreadProcesses,
  traceOf
} from '../support/spread-processes.ts'
import { until } from '../support/until.ts'

export const ITEMS = 100
const NAMES = ['first', 'second', 'third']

export const recovery = (policy: string) => `<property name="batchyard.recovery" value="${policy}"/>`

/** Around a step. */
export const inAFlow = (step: string) =>
  `<split id="x"><flow id="f">${step}</flow><flow id="g"><step id="q"><batchlet ref="nothing"/></step></flow></split>`

export interface Spread {
  readonly instanceId: number
  readonly trace: string
  readonly numbers: readonly number[]
  /** The server of the step, and the others. */
  readonly parent: ServerProcess
  readonly others: readonly ServerProcess[]
  /** Numbers of the partitions there. */
  on(server: ServerProcess): readonly number[]
  goOn(): void
  /** Of its newest execution. */
  row(): Promise<Json>
}

export interface SpreadJobs extends SpreadProcesses {
  nameOf(server: ServerProcess): string
  /** So many live: those that were killed are started again, in vain if there are more. */
  living(count: number): Promise<void>
  /** A job whose partitions are at work on so many servers, two on each, each in the middle of its fifth chunk, until `goOn`. */
  spread(policy: 'fail' | 'resume', servers: number, around?: (step: string) => string): Promise<Spread>
  /** SIGTERM in the middle of chunks, which then go on to their next checkpoint. */
  toldToEnd(at: Spread, server: ServerProcess): Promise<void>
  /** kill -9, and a new start under the same id, which takes the work of the dead one up. */
  killedAndStartedAgain(server: ServerProcess): Promise<void>
}

/** One fleet for all jobs of a test: each goes on with the servers that the one before left. */
export async function spreadJobs(t: Teardown): Promise<SpreadJobs> {
  const fleet = await spreadProcesses(t, NAMES)
  const nameOf = (server: ServerProcess) => NAMES.find(name => fleet.called(name) === server)!
  let jobs = 0

  const living = async (count: number) => {
    const dead = NAMES.filter(name => !fleet.servers.includes(fleet.called(name)))
    await Promise.all(dead.slice(0, count - fleet.servers.length).map(name => fleet.start(name)))
  }

  const rowOf = async (instanceId: number) => {
    const { rows } = (await fleet.place.database.db.raw(
      `select e.execution_number, e.execution_id, e.batch_status, e.reason, e.crashes,
        (select count(*)::int from batchyard.collected_data) as collected,
        (select array_agg(p.message order by p.partition_number) from batchyard.partition p
          where p.execution_id = e.execution_id) as messages
      from batchyard.job_execution e where e.instance_id = ? order by e.execution_id desc limit 1`,
      [instanceId]
    )) as { rows: Json[] }
    return rows[0] as Json
  }

  return {
    ...fleet,
    get client() {
      return fleet.client
    },
    nameOf,
    living,
    async spread(policy, servers, around = step => step) {
      await living(servers)
      jobs++
      const file = (name: string) => fleet.file(`${name}-${jobs}`)
      const [trace, go, meet] = [file('trace'), file('go'), file('meet')]
      const numbers = Array.from({ length: 2 * servers }, (_, n) => n)
      const parameters = { trace, go, meet, partners: `${numbers.length}`, items: `${ITEMS}`, millis: '2' }
      const properties = `<properties>${recovery(policy)}</properties>`
      const instanceId = await fleet.submit(around(chunksIn(numbers.length)), parameters, properties)
      await until('every partition has given four pieces', () =>
        numbers.every(n => piecesOf(traceOf(trace), n).length === 4)
      )
      const [{ serverId }] = (await fleet.client.get(`/jobinstances/${instanceId}/jobexecutions`)) as [Json]
      const parent = fleet.called(serverId as string)
      const places = (await fleet.partitions(instanceId)).map(each => fleet.called(each.serverId as string))
      const others = fleet.servers.filter(server => server !== parent && places.includes(server))
      if (others.length !== servers - 1) {
        // They must not keep the threads of those that come after.
        writeFileSync(go, '')
        throw new Error(`they did not spread: ${JSON.stringify(await fleet.partitions(instanceId))}`)
      }
      return {
        instanceId,
        trace,
        numbers,
        parent,
        others,
        on: server => numbers.filter(n => places[n] === server),
        goOn: () => writeFileSync(go, ''),
        row: () => rowOf(instanceId)
      }
    },
    async toldToEnd(at, server) {
      fleet.kill(server, 'SIGTERM')
      await until('it drains', async () => {
        const answer = await fetch(`${server.url}/readyz`).catch(() => null)
        return answer?.status !== 200
      })
      at.goOn()
      const end = await server.ended
      if (end.code !== 0) throw new Error(server.log())
    },
    async killedAndStartedAgain(server) {
      const name = nameOf(server)
      fleet.kill(server, 'SIGKILL')
      await server.ended
      await fleet.start(name)
    }
  }
}

/** What the server says from now on; a test that follows others must not be content with what it said then. */
export function saysFromNow(server: ServerProcess, pattern: RegExp): () => Promise<void> {
  const before = server.log().length
  return async () => {
    await until(`it says ${pattern}`, () => pattern.test(server.log().slice(before)))
  }
}
