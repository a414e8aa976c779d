// Server processes on one database, each with data and job logs of its own, and a partitioned job that meets on all of them.
import { readFileSync } from 'node:fs'
import path from 'node:path'
import { batchClient, type BatchClient, type Json } from './batch-client.ts'
import type { Teardown } from './database.ts'
import { makeLedger } from './ledger.ts'
import { type ServerPlace, serverPlace, type ServerProcess, startServer } from './server-process.ts'

const APPLICATIONS = path.join(import.meta.dirname, 'applications')

export interface SpreadProcesses {
  readonly place: ServerPlace
  /** Those that were not told to end. */
  readonly servers: readonly ServerProcess[]
  /** The instance id; `elements` stand inside of `<job>`. */
  submit(
    elements: string,
    jobParameters: Readonly<Record<string, string>>,
    properties?: string
  ): Promise<number>
  /** Of the newest execution's last step, as the JSON shows them. */
  partitions(instanceId: number): Promise<Json[]>
  /** The server whose id is shown as this. */
  called(serverId: string): ServerProcess
  /** Of the first that lives. */
  readonly client: BatchClient
  /** A file or folder of this test. */
  file(name: string): string
  /** One more, or one again under the id it had. */
  start(id: string): Promise<ServerProcess>
  /** Sends the signal; it is none of `servers` any more. */
  kill(server: ServerProcess, signal: NodeJS.Signals): void
}

/** Of a server whose test asks for nothing else. */
export const PARTITIONS = 4

/** A chunk of ten in each partition, with all that a partitioned step can have. */
export const chunksIn = (
  partitions: number
) => `<step id="s"><chunk item-count="10"><reader ref="Numbers"/><writer ref="ledgerWriter"/></chunk>
  <partition><plan partitions="${partitions}">${Array.from(
    { length: partitions },
    (_, n) => `<properties partition="${n}"><property name="name" value="number ${n}"/></properties>`
  ).join('')}</plan>
  <collector ref="Collector"><properties><property name="name" value="#{partitionPlan['name']}"/></properties></collector>
  <analyzer ref="Analyzer"/><reducer ref="Reducer"/></partition></step>`

export const CHUNKS = chunksIn(PARTITIONS)

export const BATCHLETS = `<step id="s"><batchlet ref="meeting"/><partition><plan partitions="${PARTITIONS}"/>
  <collector ref="Collector"/><analyzer ref="Analyzer"/><reducer ref="Reducer"/></partition></step>`

/** With two threads each: partitions that wait for each other, two for each server, are two on each. */
export async function spreadProcesses(
  t: Teardown,
  names: readonly string[],
  environment: Readonly<Record<string, string>> = {}
): Promise<SpreadProcesses> {
  const place = await serverPlace(t)
  await makeLedger(place.database.db)
  const ids = new Map<string, ServerProcess>()
  const start = async (id: string) => {
    const server = await startServer(t, place, {
      BATCH_SERVER_ID: id,
      BATCH_DATA_DIR: path.join(place.directory, id),
      BATCH_JOBLOG_DIR: path.join(place.directory, id, 'joblogs'),
      BATCH_APPS_DIR: APPLICATIONS,
      BATCH_THREADS: '2',
      BATCH_LEASE_SECONDS: '15',
      ...environment
    })
    ids.set(id, server)
    servers.push(server)
    return server
  }
  const servers: ServerProcess[] = []
  await Promise.all(names.map(start))
  const called = (serverId: string) => ids.get(serverId.split('/').at(-1)!)!
  const all: SpreadProcesses = {
    place,
    servers,
    get client() {
      return batchClient(servers[0]!)
    },
    async submit(elements, jobParameters, properties = '') {
      const jobXML = `<job id="spread" xmlns="https://jakarta.ee/xml/ns/jakartaee" version="2.0">${properties}${elements}</job>`
      const answer = await all.client.call('POST', '/jobinstances', {
        applicationName: 'spread',
        jobXML,
        jobParameters
      })
      if (answer.status !== 201) throw new Error(`${answer.status} ${answer.text}`)
      return answer.json.instanceId as number
    },
    async partitions(instanceId) {
      const [newest] = (await all.client.get(`/jobinstances/${instanceId}/jobexecutions`)) as Json[]
      const steps = (await all.client.get(`/jobexecutions/${newest.executionId}/stepexecutions`)) as Json[]
      return (steps.filter(step => step.partitions?.length > 0).at(-1)?.partitions ?? []) as Json[]
    },
    called,
    file: name => path.join(place.directory, name),
    start,
    kill(server, signal) {
      servers.splice(servers.indexOf(server), 1)
      server.kill(signal)
    }
  }
  return all
}

/** Lines of a trace, in order. */
export function traceOf(file: string): Json[] {
  try {
    return readFileSync(file, 'utf8')
      .split('\n')
      .filter(line => line !== '')
      .map(line => JSON.parse(line) as Json)
  } catch {
    // Nothing was traced yet.
    return []
  }
}

/** What the analyzer was given of one partition, as the last number written then. */
export function piecesOf(trace: readonly Json[], partition: number): number[] {
  return trace.filter(({ data }) => data?.partition === partition).map(({ data }) => data.last as number)
}
