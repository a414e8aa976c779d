// The JobOperator as the rooms above see it: the use cases, who asks, and what comes back. Refusals are BatchErrors.
import type { Readable } from 'node:stream'
import type { BatchStatus } from '../batch/batch-status.ts'
import type { Hold, ListedHold } from '../batch/hold.ts'
import type { Explanation } from '../batch/explanation.ts'
import type { JobExecution, JobInstance, StepExecution } from '../batch/job-records.ts'
import type { RunOrigin } from '../batch/run.ts'
import type { Database } from '../store/database.ts'
import type { Caller } from './caller.ts'
import type { WaitingExecution } from './change-priority.ts'
import type { AuditVerdict } from '../store/audit.ts'
import type { AuditSearch, StoredAuditEntry } from '../store/audit-entries.ts'
import type { HoldSearch } from '../store/holds.ts'
import type { InstanceSearch } from '../store/instance-selection.ts'
import type { StoredPurgePlan } from '../store/purge-plans.ts'
import type { ApplicationPage, ApplicationPaging } from './list-applications.ts'
import type { ArchivedInstances } from './archive-instances.ts'
import type { Outcome } from './purge-outcome.ts'
import type { PlannedPurge, PlanRequest, PurgeOptions, PurgeResult } from './purge-result.ts'
import type { RestartPreview } from './preview-restart.ts'
import type { JslToValidate, JslVerdict } from './validate-jsl.ts'

export type { AuditSearch, AuditVerdict, Caller, StoredAuditEntry }

export interface JobSubmission {
  /** Application folder; the first term of appName. */
  readonly application: string
  readonly module: string
  /** `null` = none. */
  readonly component: string | null
  /** `''` = none. */
  readonly jobXMLName: string
  /** Inline JSL; it wins over the packaged one. `null` = none. */
  readonly jobXML: string | null
  readonly jobParameters: Readonly<Record<string, string>>
  /** A submit repeated with the same key is the same submit (ENGINE E15); `null` = none. */
  readonly idempotencyKey: string | null
  /** Set by rooms above this one: it is a run of a definition. */
  readonly run?: DefinedRun
  /** It takes no place in a cap: the jobs that it waits for take theirs. */
  readonly uncapped?: boolean
}

export interface DefinedRun {
  readonly origin: RunOrigin
  /** `jobXML` is a copy of the application's own file, and trusted as that is. */
  readonly packaged: boolean
  /** It starts in maintenance mode too. */
  readonly system: boolean
  /** Stored in this transaction, not in one shared with other submits; whoever commits it wakes the dispatcher. */
  readonly within?: Database
}

export interface SubmittedJob {
  readonly instance: JobInstance
  /** `false`: an earlier submit with the same Idempotency-Key made it. */
  readonly created: boolean
}

/** An execution with what Liberty shows of its steps, by start time. */
export interface JobExecutionDetail extends JobExecution {
  readonly steps: readonly {
    readonly stepExecutionId: number
    readonly stepName: string
    readonly batchStatus: BatchStatus
    readonly exitStatus: string | null
  }[]
}

export type RestartTarget =
  | { readonly kind: 'instance'; readonly instanceId: number }
  | { readonly kind: 'execution'; readonly executionId: number }

export interface RestartRequest {
  readonly target: RestartTarget
  readonly jobParameters: Readonly<Record<string, string>>
  /** Parameters of the previous execution are merged, the request's win. */
  readonly reusePreviousParams: boolean
}

/** How an operator ends what does not end by itself; the reason is stored and shown. */
export interface ForcedEnd {
  readonly batchStatus: 'FAILED' | 'STOPPED'
  readonly reason: string
}

export interface JobOperator {
  /** Rejects with JslInvalid, ApplicationUnknown, JobXMLUnknown, ValueTooLong …; then no row was written. */
  submit(submission: JobSubmission, caller: Caller): Promise<SubmittedJob>
  /** A page of what is searched for and the caller may see; newest first unless it is sorted otherwise. */
  jobInstances(search: InstanceSearch, caller: Caller): Promise<readonly JobInstance[]>
  jobInstance(instanceId: number, caller: Caller): Promise<JobInstance>
  /** Newest first. */
  jobExecutions(instanceId: number, caller: Caller): Promise<readonly JobExecutionDetail[]>
  jobExecution(executionId: number, caller: Caller): Promise<JobExecutionDetail>
  /** By sequence number from 0. */
  jobExecutionByNumber(
    instanceId: number,
    executionNumber: number,
    caller: Caller
  ): Promise<JobExecutionDetail>
  jobInstanceOfExecution(executionId: number, caller: Caller): Promise<JobInstance>
  /** By start time; `stepName` narrows to one (NoSuchStep when there is none). */
  stepExecutions(
    executionId: number,
    stepName: string | null,
    caller: Caller
  ): Promise<readonly StepExecution[]>
  stepExecution(stepExecutionId: number, caller: Caller): Promise<StepExecution>
  /** Answers with the execution as the stop left it (STOPPING, or STOPPED when it had not begun). */
  stopExecution(executionId: number, caller: Caller): Promise<JobExecutionDetail>
  /** Stops the latest execution. */
  stopInstance(instanceId: number, caller: Caller): Promise<JobExecutionDetail>
  restart(request: RestartRequest, caller: Caller): Promise<JobInstance>
  /** What `restart` with the same arguments would do; nothing is changed. */
  previewRestart(request: RestartRequest, caller: Caller): Promise<RestartPreview>
  /** What its newest execution waits for. */
  explainInstance(instanceId: number, caller: Caller): Promise<Explanation>
  /** JSR-352's: ABANDONED does not restart. Refused with JobExecutionIsRunning while it is STARTING or STARTED. */
  abandonExecution(executionId: number, reason: string | null, caller: Caller): Promise<JobExecutionDetail>
  /** At once, whoever runs it; what still works on it stores nothing any more. JobExecutionNotRunning once it has ended. */
  forceEndExecution(executionId: number, end: ForcedEnd, caller: Caller): Promise<JobExecutionDetail>
  /** `paused`: it waits until unpauseExecution. `pausing`: it will, from its next checkpoint on. */
  pauseExecution(executionId: number, caller: Caller): Promise<'paused' | 'pausing'>
  unpauseExecution(executionId: number, caller: Caller): Promise<JobExecutionDetail>
  /** 0 to 9, of one that waits, or runs and may have to give way. JobExecutionNotWaiting otherwise. */
  changePriority(executionId: number, priority: number, caller: Caller): Promise<WaitingExecution>
  /**
   * Deletes log files, then rows, of one instance that has ended. `null` = purged; else the restUrl of the server that has
   * the logs, to be asked instead. Rejects with JobNotPurgeable, or JobLogsNotDeleted; then the rows are all there.
   */
  purge(instanceId: number, options: PurgeOptions, caller: Caller): Promise<string | null>
  /** The page that `jobInstances` gives, each purged for itself; a result for each, in its order. */
  purgeAll(search: InstanceSearch, options: PurgeOptions, caller: Caller): Promise<readonly PurgeResult[]>
  /** Nothing is purged; what it would take is told. */
  planPurge(request: PlanRequest, caller: Caller): Promise<StoredPurgePlan>
  /** Rejects with NoSuchPurgePlan. */
  purgePlan(planId: number, caller: Caller): Promise<StoredPurgePlan>
  /** Only those that are as they were when they were looked at; an outcome for each. */
  purgeAsPlanned(planned: PlannedPurge, caller: Caller): Promise<ReadonlyMap<number, Outcome>>
  /** Into a zip at `file`, which was read back when this resolves. Nothing is purged. */
  archiveInstances(instanceIds: readonly number[], file: string, caller: Caller): Promise<ArchivedInstances>
  /** Protects it from every purge, whatever its state; again, it gets another reason. JobInstancePurging once one has begun. */
  holdInstance(instanceId: number, reason: string, caller: Caller): Promise<Hold>
  releaseInstance(instanceId: number, caller: Caller): Promise<void>
  /** Rejects with NoSuchHold where it is not held. */
  holdOfInstance(instanceId: number, caller: Caller): Promise<Hold>
  /** Of the instances that the caller's lists show. */
  holds(search: HoldSearch, caller: Caller): Promise<readonly ListedHold[]>
  /** The log files of the executions that have ended, here; what runs keeps its own. */
  deleteJobLogs(instanceId: number, caller: Caller): Promise<void>
  /**
   * Parts in reading order, relative to the execution's log directory, with `/`: `part.1.log`,
   * `step.s/partition.0/part.1.log`; empty when there is no log yet.
   */
  jobLogParts(executionId: number, caller: Caller): Promise<readonly string[]>
  /** The whole log of an execution, or one part of it raw; a part path in the client's words. */
  jobLogText(executionId: number, part: string | null, caller: Caller): Promise<Readable>
  jobLogZip(executionId: number, part: string | null, caller: Caller): Promise<Readable>
  /** All executions of an instance, newest first, framed with `instance.I/execution.E/…`. */
  instanceJobLogText(instanceId: number, caller: Caller): Promise<Readable>
  instanceJobLogZip(instanceId: number, caller: Caller): Promise<Readable>
  applications(paging: ApplicationPaging, caller: Caller): Promise<ApplicationPage>
  /** Rejects with ApplicationUnknown; what is wrong with the JSL is no refusal. */
  validateJsl(jsl: JslToValidate, caller: Caller): Promise<JslVerdict>
  /** Who did what, newest first; of one who may not see all: what he did. */
  auditEntries(search: AuditSearch, caller: Caller): Promise<readonly StoredAuditEntry[]>
  /** Reads the whole chain of the audit. */
  verifyAudit(caller: Caller): Promise<AuditVerdict>
}
