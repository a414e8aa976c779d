// Of several servers on one database: which one a stop or a job log is to be asked of, where it is not this one.
import { listParts } from '../joblog/list-parts.ts'
import { findJobExecution, findJobExecutionByNumber, listJobExecutions } from '../store/job-executions.ts'
import { findJobInstance } from '../store/job-instances.ts'
import { findRemoteParts, findRunner } from '../store/job-servers.ts'
import { type AuthorizationOptions, authorize } from './authorized-operator.ts'
import type { Caller } from './caller.ts'
import { type OtherServer, otherServer } from './other-servers.ts'
import { refusingWhileAway } from './refusing-while-away.ts'
import {
  allParts,
  type LogOfExecution,
  type LogOptions,
  missingParts,
  scatteredLog,
  type ScatteredLogRequest
} from './scattered-log.ts'

export interface JobTarget {
  readonly kind: 'instance' | 'execution'
  readonly id: number
}

/** `here`: no other server is needed. `scattered`: what is missing here has to be fetched, from one or more. */
export type LogPlace = 'here' | 'scattered' | OtherServer

/** What is asked for is authorized as the request itself; what does not exist is nowhere else. */
export interface JobWhereabouts {
  /** The other server that runs it (of an instance: its newest execution) and lives; `null` = a stop is made here. */
  runner(target: JobTarget, caller: Caller): Promise<OtherServer | null>
  /** Where the log is to be asked for. */
  log(target: JobTarget, caller: Caller): Promise<LogPlace>
  /** Parts as `jobLogParts` gives them, with those that lie elsewhere. */
  parts(executionId: number, caller: Caller): Promise<readonly string[]>
  /** The log with what other servers have of it; rejects with JobLogsElsewhere or ServerUnreachable when nothing can be had. */
  text(request: ScatteredLogRequest, caller: Caller): ReturnType<typeof scatteredLog>
  zip(request: ScatteredLogRequest, caller: Caller): ReturnType<typeof scatteredLog>
}

export interface WhereaboutsOptions extends LogOptions, AuthorizationOptions {
  readonly statementTimeoutSeconds: number
}

export function createJobWhereabouts(options: WhereaboutsOptions): JobWhereabouts {
  const { db, jobLogRoot } = options
  const may = (kind: 'read' | 'write', target: JobTarget, caller: Caller) =>
    authorize(
      db,
      {
        may: kind,
        target: () => ({ thing: target.kind === 'instance' ? 'jobInstance' : 'jobExecution', id: target.id })
      },
      target.id,
      caller
    )

  async function newestOf({ kind, id }: JobTarget): Promise<number | null> {
    if (kind === 'execution') return id
    const instance = await findJobInstance(db, id)
    if (instance === null) return null
    return (await findJobExecutionByNumber(db, id, instance.executions - 1))?.executionId ?? null
  }

  /** Newest first, each with what is here and what is not. */
  async function logsOf({ kind, id }: JobTarget): Promise<LogOfExecution[]> {
    const executions =
      kind === 'instance' ? await listJobExecutions(db, id) : [await findJobExecution(db, id)]
    const begun = executions.filter(execution => execution !== null && execution.logPath !== '')
    const ids = begun.map(execution => execution!.executionId)
    const remote = Map.groupBy(await findRemoteParts(db, ids, options), ({ executionId }) => executionId)
    return await Promise.all(
      begun.map(async execution => {
        const { executionId, logPath } = execution!
        const here = await listParts(jobLogRoot, logPath)
        return {
          executionId,
          logPath,
          here,
          missing: missingParts(logPath, here, remote.get(executionId) ?? [])
        }
      })
    )
  }

  /** A log that is nowhere, of an execution that another server ran: it may not be indexed yet, or never was. */
  async function unindexed(logs: readonly LogOfExecution[]): Promise<OtherServer | null> {
    const [newest] = logs
    if (newest === undefined || logs.some(({ here }) => here.length > 0)) return null
    const runner = await findRunner(db, newest.executionId, options)
    return runner === null ? null : otherServer(runner.serverId, runner.address)
  }

  const whereabouts: JobWhereabouts = {
    async runner(target, caller) {
      await may('write', target, caller)
      const executionId = await newestOf(target)
      const runner = executionId === null ? null : await findRunner(db, executionId, options)
      return runner === null ? null : otherServer(runner.serverId, runner.address)
    },
    async log(target, caller) {
      await may('read', target, caller)
      const logs = await logsOf(target)
      const missing = logs.flatMap(log => [...log.missing.values()])
      const [first] = missing
      if (first === undefined) return (await unindexed(logs)) ?? 'here'
      const byOne = missing.every(({ serverId }) => serverId === first.serverId)
      // One of several that has some would send on to the next, which sends back.
      if (first.address === null || !byOne || logs.some(({ here }) => here.length > 0)) return 'scattered'
      return otherServer(first.serverId, first.address)
    },
    async parts(executionId, caller) {
      const target = { kind: 'execution', id: executionId } as const
      await may('read', target, caller)
      const [log] = await logsOf(target)
      return log === undefined ? [] : allParts(log)
    },
    async text(request, caller) {
      await may('read', request.target, caller)
      return await scatteredLog(options, await logsOf(request.target), request, 'text')
    },
    async zip(request, caller) {
      await may('read', request.target, caller)
      return await scatteredLog(options, await logsOf(request.target), request, 'zip')
    }
  }
  return refusingWhileAway(options.statementTimeoutSeconds, whereabouts)
}
