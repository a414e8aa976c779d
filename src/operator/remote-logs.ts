// What a purge must know and do about job logs that lie with other servers of the same database (ENGINE E14).
import type { BatchError } from '../batch/batch-error.ts'
import { hasPart } from '../joblog/list-parts.ts'
import { findLogServers } from '../store/job-servers.ts'
import type { OperatorOptions } from './operator-options.ts'
import { type AskServers, type OtherServer, otherServer } from './other-servers.ts'

export interface RemoteLogs {
  /** That live and have parts which are not to be seen from here; never empty. */
  readonly servers: readonly [OtherServer, ...OtherServer[]]
  /** Other parts are to be seen from here: this server has its share of the work. */
  readonly someHere: boolean
}

/**
 * By instance; without those that need no other server. A server that is gone for good is not waited for: should it come
 * back, its janitor removes what it finds.
 */
export async function remoteLogsOf(
  { db, jobLogRoot, serverId, incarnation }: OperatorOptions,
  instanceIds: readonly number[]
): Promise<Map<number, RemoteLogs>> {
  const servers = new Map<number, OtherServer[]>()
  const someHere = new Set<number>()
  for (const log of await findLogServers(db, instanceIds, { serverId, incarnation })) {
    const { instanceId, address, samplePath } = log
    if (log.serverId === serverId || (await hasPart(jobLogRoot, samplePath))) someHere.add(instanceId)
    else if (address !== null)
      servers.set(instanceId, [...(servers.get(instanceId) ?? []), otherServer(log.serverId, address)])
  }
  return new Map(
    [...servers].map(([id, [first, ...more]]) => [
      id,
      { servers: [first!, ...more], someHere: someHere.has(id) }
    ])
  )
}

/** Of instances that are marked; what could not be deleted, by instance. */
export async function deleteRemoteLogs(
  others: Pick<AskServers, 'deleteJobLogs'>,
  remote: ReadonlyMap<number, RemoteLogs>
): Promise<Map<number, { readonly server: OtherServer; readonly error: BatchError }>> {
  const failures = new Map<number, { server: OtherServer; error: BatchError }>()
  await Promise.all(
    [...remote].flatMap(([id, { servers }]) =>
      servers.map(async server => {
        try {
          await others.deleteJobLogs(server, id)
        } catch (error) {
          failures.set(id, { server, error: error as BatchError })
        }
      })
    )
  )
  return failures
}
