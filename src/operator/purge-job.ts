// Purges job instances that have ended: who may be purged is decided by the guarded mark, log files go first, then the rows.
import { BatchError } from '../batch/batch-error.ts'
import { finishPurges } from '../dispatch/finish-purge.ts'
import { findOwners } from '../store/owners.ts'
import { type AskedPurge, markPurges, purgeRowsOnly, unmarkPurges } from '../store/purges.ts'
import { mayWrite, refusal, writesAll } from './authorization.ts'
import type { Caller } from './caller.ts'
import type { OperatorOptions } from './operator-options.ts'
import { type Outcome, refusalOf, resultOf } from './purge-outcome.ts'
import type { PlannedPurge, PurgeOptions, PurgeResult } from './purge-result.ts'
import { deleteRemoteLogs, type RemoteLogs, remoteLogsOf } from './remote-logs.ts'

/** Instances that share their transactions: long enough to save commits, short enough to keep no lock for long. */
const TOGETHER = 64

/** Gives where to ask instead, the `restUrl` of the server that has the logs; `null` = purged. */
export async function purgeJobInstance(
  options: OperatorOptions,
  instanceId: number,
  purge: PurgeOptions,
  caller: Caller
): Promise<string | null> {
  if (options.stopping()) throw new BatchError('ServerStopping')
  const outcome = (await purgeTogether(options, [instanceId], purge, caller)).get(instanceId)!
  switch (outcome.kind) {
    case 'purged':
      return null
    case 'elsewhere':
      if (outcome.error !== null) throw outcome.error
      return outcome.restUrl
    case 'rowsRemain':
    case 'notAuthorized':
      throw outcome.error
    case 'unknown':
    case 'active':
    case 'purging':
    case 'held':
    case 'changed':
    case 'logsRemain':
      throw refusalOf(instanceId, outcome)
  }
}

/** Each for itself, in the order given: what happens to one changes nothing for the others. */
export async function purgeJobInstances(
  options: OperatorOptions,
  instanceIds: readonly number[],
  purge: PurgeOptions,
  caller: Caller
): Promise<PurgeResult[]> {
  const results: PurgeResult[] = []
  for (let at = 0; at < instanceIds.length; at += TOGETHER) {
    const some = instanceIds.slice(at, at + TOGETHER)
    if (options.stopping()) {
      const { message } = new BatchError('ServerStopping')
      results.push(
        ...some.map((instanceId): PurgeResult => ({
          instanceId,
          purgeStatus: 'FAILED',
          message,
          restUrl: ''
        }))
      )
      continue
    }
    const outcomes = await notAuthorized(options, some, caller)
    const allowed = some.filter(id => !outcomes.has(id))
    for (const [id, outcome] of await purgeTogether(options, allowed, { ...purge, redirect: false }, caller))
      outcomes.set(id, outcome)
    results.push(...some.map(id => resultOf(id, outcomes.get(id)!, purge)))
  }
  return results
}

/** What does not exist any more is left to the purge. */
async function notAuthorized(
  { db }: OperatorOptions,
  instanceIds: readonly number[],
  caller: Caller
): Promise<Map<number, Outcome>> {
  if (writesAll(caller)) return new Map()
  const owners = await findOwners(db, 'jobInstance', instanceIds)
  return new Map(
    owners
      .filter(owner => !mayWrite(caller, owner))
      .map(owner => [owner.instanceId, { kind: 'notAuthorized', error: refusal(caller, owner) }])
  )
}

async function purgeTogether(
  options: OperatorOptions,
  instanceIds: readonly number[],
  purge: PurgeOptions,
  { user: by }: Caller
): Promise<Map<number, Outcome>> {
  const { db, jobLogRoot, incarnation, logsFreed } = options
  if (purge.jobStoreOnly) return await purgeRows(options, { instanceIds, incarnation, by })
  const outcomes = new Map<number, Outcome>()
  const remote = await remoteLogsOf(options, instanceIds)
  for (const [id, logs] of remote)
    if (isSentOn(logs, purge))
      outcomes.set(id, { kind: 'elsewhere', restUrl: logs.servers[0].restUrl, error: null })
  const here = instanceIds.filter(id => !outcomes.has(id))
  let marked: number[] = []
  for (const [id, verdict] of await markPurges(db, { instanceIds: here, incarnation, by })) {
    if (verdict.kind === 'marked') marked.push(id)
    else outcomes.set(id, verdict)
  }
  if (purge.others !== undefined) {
    const toAsk = new Map([...remote].filter(([id]) => marked.includes(id)))
    const failures = await deleteRemoteLogs(purge.others, toAsk)
    for (const [id, { server, error }] of failures)
      outcomes.set(id, { kind: 'elsewhere', restUrl: server.restUrl, error })
    if (failures.size > 0) await unmarkPurges(db, { instanceIds: [...failures.keys()], incarnation })
    marked = marked.filter(id => !failures.has(id))
  }
  for (const [id, end] of await finishPurges({ db, jobLogRoot, incarnation, logsFreed }, marked))
    outcomes.set(id, end)
  return outcomes
}

async function purgeRows(options: OperatorOptions, order: AskedPurge): Promise<Map<number, Outcome>> {
  const { instanceIds } = order
  const outcomes = new Map<number, Outcome>()
  try {
    for (const [id, verdict] of await purgeRowsOnly(options.db, order))
      outcomes.set(id, verdict.kind === 'marked' ? { kind: 'purged' } : verdict)
  } catch (error) {
    if (instanceIds.length === 1)
      return outcomes.set(instanceIds[0]!, { kind: 'rowsRemain', error: error as Error })
    for (const one of instanceIds)
      for (const [id, outcome] of await purgeRows(options, { ...order, instanceIds: [one] }))
        outcomes.set(id, outcome)
  }
  return outcomes
}

/**
 * Instances as they were when somebody looked at them, by id; an outcome for each. Log files that lie with other servers are not
 * waited for: their janitors remove what belongs to no instance any more. Rejects with ServerStopping before it begins.
 */
export async function purgeAsPlanned(
  options: OperatorOptions,
  planned: PlannedPurge,
  caller: Caller
): Promise<Map<number, Outcome>> {
  if (options.stopping()) throw new BatchError('ServerStopping')
  const { db, jobLogRoot, incarnation, logsFreed } = options
  const { asOf, jobStoreOnly, planId } = planned
  const outcomes = await notAuthorized(options, [...asOf.keys()], caller)
  const instanceIds = [...asOf.keys()].filter(id => !outcomes.has(id))
  const order = { instanceIds, incarnation, by: caller.user, asOf, planId }
  if (jobStoreOnly) return new Map([...outcomes, ...(await purgeRows(options, order))])
  const marked: number[] = []
  for (const [id, verdict] of await markPurges(db, order)) {
    if (verdict.kind === 'marked') marked.push(id)
    else outcomes.set(id, verdict)
  }
  return new Map([...outcomes, ...(await finishPurges({ db, jobLogRoot, incarnation, logsFreed }, marked))])
}

/** Only where one server has all there is: sent from one of several to the next, a client would come round in a circle. */
function isSentOn({ servers, someHere }: RemoteLogs, { others, redirect }: PurgeOptions): boolean {
  return others === undefined || (redirect === true && servers.length === 1 && !someHere)
}
