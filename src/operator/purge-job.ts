// Purges job instances that have ended: who may be purged is decided by the guarded mark, log files go first, then the rows.
import path from 'node:path'
import { BatchError } from '../batch/batch-error.ts'
import { FINAL_BATCH_STATUSES } from '../batch/batch-status.ts'
import { finishPurges, type PurgeEnd } from '../dispatch/finish-purge.ts'
import { deleteJobLogs } from '../joblog/delete-job-logs.ts'
import { listParts } from '../joblog/list-parts.ts'
import { listJobExecutions } from '../store/job-executions.ts'
import { findJobInstance } from '../store/job-instances.ts'
import { findOwners } from '../store/owners.ts'
import { forgetDeletedLogs } from '../store/purge-logs.ts'
import { markPurges, purgeRowsOnly, type PurgeVerdict, unmarkPurges } from '../store/purges.ts'
import { mayWrite, refusal, writesAll } from './authorization.ts'
import type { Caller } from './caller.ts'
import type { OperatorOptions } from './operator-options.ts'
import type { PurgeOptions, PurgeResult } from './purge-result.ts'
import { deleteRemoteLogs, type RemoteLogs, remoteLogsOf } from './remote-logs.ts'

/** Instances that share their transactions: long enough to save commits, short enough to keep no lock for long. */
const TOGETHER = 64

type Outcome =
  | Exclude<PurgeVerdict, { kind: 'marked' }>
  | PurgeEnd
  /** The caller sees it, and may not purge it. */
  | { readonly kind: 'notAuthorized'; readonly error: BatchError }
  /** A server that lives has its logs, and they are not to be seen from here; with why it did not delete them when asked. */
  | { readonly kind: 'elsewhere'; readonly restUrl: string; readonly error: BatchError | null }

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
  if (purge.jobStoreOnly) return await purgeRows(options, instanceIds, by)
  const { db, jobLogRoot, incarnation, logsFreed } = options
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

async function purgeRows(
  options: OperatorOptions,
  instanceIds: readonly number[],
  by: string
): Promise<Map<number, Outcome>> {
  const outcomes = new Map<number, Outcome>()
  try {
    const { db, incarnation } = options
    for (const [id, verdict] of await purgeRowsOnly(db, { instanceIds, incarnation, by }))
      outcomes.set(id, verdict.kind === 'marked' ? { kind: 'purged' } : verdict)
  } catch (error) {
    if (instanceIds.length === 1)
      return outcomes.set(instanceIds[0]!, { kind: 'rowsRemain', error: error as Error })
    for (const one of instanceIds)
      for (const [id, outcome] of await purgeRows(options, [one], by)) outcomes.set(id, outcome)
  }
  return outcomes
}

/** Only where one server has all there is: sent from one of several to the next, a client would come round in a circle. */
function isSentOn({ servers, someHere }: RemoteLogs, { others, redirect }: PurgeOptions): boolean {
  return others === undefined || (redirect === true && servers.length === 1 && !someHere)
}

function refusalOf(
  instanceId: number,
  outcome: Extract<Outcome, { kind: 'unknown' | 'active' | 'purging' | 'logsRemain' }>
): BatchError {
  switch (outcome.kind) {
    case 'unknown':
      return new BatchError('NoSuchJobInstance', [instanceId])
    case 'active':
      return new BatchError('JobNotPurgeable', [
        instanceId,
        `it has active job executions (it is ${outcome.instanceState})`
      ])
    case 'purging':
      return new BatchError('JobNotPurgeable', [instanceId, 'another purge is at work on it'])
    case 'logsRemain':
      return new BatchError('JobLogsNotDeleted', [instanceId, outcome.error.message], {
        cause: outcome.error
      })
  }
}

function resultOf(instanceId: number, outcome: Outcome, { jobStoreOnly }: PurgeOptions): PurgeResult {
  const result = (purgeStatus: PurgeResult['purgeStatus'], message: string, restUrl = '') =>
    ({ instanceId, purgeStatus, message, restUrl }) as const
  switch (outcome.kind) {
    case 'purged':
      // In these words in the requirement document's sample: scripts look for them.
      return result('COMPLETED', 'Successful purge.')
    case 'active':
      return result('STILL_ACTIVE', refusalOf(instanceId, outcome).message)
    case 'elsewhere':
      return result(
        'NOT_LOCAL',
        outcome.error?.message ?? `The job logs of job instance ${instanceId} lie with another server.`,
        outcome.restUrl
      )
    case 'rowsRemain':
      return result(
        jobStoreOnly ? 'FAILED' : 'JOBLOGS_ONLY',
        `Job instance ${instanceId}${jobStoreOnly ? '' : ' has no job logs any more, but'} is still in the job repository; purge it again.`
      )
    case 'notAuthorized':
      return result('FAILED', outcome.error.message)
    case 'unknown':
    case 'purging':
    case 'logsRemain':
      return result('FAILED', refusalOf(instanceId, outcome).message)
  }
}

/** The log files of all executions that have ended; one that runs keeps its own. */
export async function deleteInstanceJobLogs(
  { db, jobLogRoot, logsFreed, serverId }: OperatorOptions,
  instanceId: number,
  caller: Caller
): Promise<void> {
  if ((await findJobInstance(db, instanceId)) === null)
    throw new BatchError('NoSuchJobInstance', [instanceId])
  const ended = (await listJobExecutions(db, instanceId)).filter(({ batchStatus }) =>
    FINAL_BATCH_STATUSES.some(final => final === batchStatus)
  )
  const logPaths = ended.map(({ logPath }) => logPath).filter(logPath => logPath !== '')
  const paths: string[] = []
  for (const logPath of logPaths)
    for (const part of await listParts(jobLogRoot, logPath)) paths.push(path.posix.join(logPath, part))
  const [failure] = await deleteJobLogs(jobLogRoot, logPaths, logsFreed)
  if (failure !== undefined)
    throw new BatchError('JobLogsNotDeleted', [instanceId, failure.error.message], { cause: failure.error })
  const executionIds = ended.map(({ executionId }) => executionId)
  await forgetDeletedLogs(db, { instanceId, executionIds, by: caller.user, serverId, paths })
}
