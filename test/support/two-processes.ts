// Two server processes on one database, each with data and job logs of its own, and a partitioned job that meets on both.
import { readFileSync } from 'node:fs'
import path from 'node:path'
import { batchClient, type BatchClient, type Json } from './batch-client.ts'
import type { Teardown } from './database.ts'
import { makeLedger } from './ledger.ts'
import { type ServerPlace, serverPlace, type ServerProcess, startServer } from './server-process.ts'

const APPLICATIONS = path.join(import.meta.dirname, 'applications')

export interface TwoProcesses {
  readonly place: ServerPlace
  readonly servers: readonly ServerProcess[]
  /** The instance id; `elements` stand inside of `<job>`. */
  submit(
    elements: string,
    jobParameters: Readonly<Record<string, string>>,
    properties?: string
  ): Promise<number>
  /** Of the newest execution's last step, as the JSON shows them. */
  partitions(instanceId: number): Promise<Json[]>
  /** The server whose id is shown as this; and the one that is not. */
  called(serverId: string): ServerProcess
  other(server: ServerProcess): ServerProcess
  /** Of the server that lives. */
  client: BatchClient
  /** A file or folder of this test. */
  file(name: string): string
  start(id: string): Promise<ServerProcess>
}

export const PARTITIONS = 4

/** A chunk of ten in each of four partitions, with all that a partitioned step can have. */
export const CHUNKS = `<step id="s"><chunk item-count="10"><reader ref="Numbers"/><writer ref="ledgerWriter"/></chunk>
  <partition><plan partitions="${PARTITIONS}">${Array.from(
    { length: PARTITIONS },
    (_, n) => `<properties partition="${n}"><property name="name" value="number ${n}"/></properties>`
  ).join('')}</plan>
  <collector ref="Collector"><properties><property name="name" value="#{partitionPlan['name']}"/></properties></collector>
  <analyzer ref="Analyzer"/><reducer ref="Reducer"/></partition></step>`

export const BATCHLETS = `<step id="s"><batchlet ref="meeting"/><partition><plan partitions="${PARTITIONS}"/>
  <collector ref="Collector"/><analyzer ref="Analyzer"/><reducer ref="Reducer"/></partition></step>`

/** With two threads each: four partitions that wait for each other are two on either. */
export async function twoProcesses(
  t: Teardown,
  environment: Readonly<Record<string, string>> = {}
): Promise<TwoProcesses> {
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
    return server
  }
  const servers = [await start('first'), await start('second')]
  const called = (serverId: string) => ids.get(serverId.split('/').at(-1)!)!
  const both: TwoProcesses = {
    place,
    servers,
    client: batchClient(servers[0]!),
    async submit(elements, jobParameters, properties = '') {
      const jobXML = `<job id="spread" xmlns="https://jakarta.ee/xml/ns/jakartaee" version="2.0">${properties}${elements}</job>`
      const answer = await both.client.call('POST', '/jobinstances', {
        applicationName: 'spread',
        jobXML,
        jobParameters
      })
      if (answer.status !== 201) throw new Error(`${answer.status} ${answer.text}`)
      return answer.json.instanceId as number
    },
    async partitions(instanceId) {
      const [newest] = (await both.client.get(`/jobinstances/${instanceId}/jobexecutions`)) as Json[]
      const steps = (await both.client.get(`/jobexecutions/${newest.executionId}/stepexecutions`)) as Json[]
      return (steps.filter(step => 'partitions' in step).at(-1)?.partitions ?? []) as Json[]
    },
    called,
    other: server => [...ids.values()].findLast(each => each !== server)!,
    file: name => path.join(place.directory, name),
    start
  }
  return both
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
