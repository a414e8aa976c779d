// The records of the job repository as every room reads them (JSR-352 §10.9 and Liberty's additions); ids are numbers.
import type { BatchStatus } from './batch-status.ts'
import type { InstanceState } from './instance-state.ts'
import type { Metrics } from './metrics.ts'

export interface JobInstance {
  readonly instanceId: number
  /** The JSL's job id. */
  readonly jobName: string
  /** `application#module[#component]` */
  readonly appName: string
  readonly submitter: string
  readonly batchStatus: BatchStatus
  /** Of the last execution that ended; `null` until one did. */
  readonly exitStatus: string | null
  readonly instanceState: InstanceState
  /** `''` when the JSL came inline. */
  readonly jobXMLName: string
  readonly createTime: Date
  readonly lastUpdatedTime: Date
  /** Executions so far: the newest one's sequence number is one less. */
  readonly executions: number
  /** Job parameters `com.ibm.ws.batch.submitter.jobName` and `…jobId` of the newest execution, where it has them. */
  readonly jesJobName?: string
  readonly jesJobId?: string
}

export interface JobExecution {
  readonly executionId: number
  readonly instanceId: number
  readonly jobName: string
  /** 0 for the first execution of the instance. */
  readonly executionNumber: number
  readonly batchStatus: BatchStatus
  readonly exitStatus: string | null
  readonly createTime: Date
  readonly startTime: Date | null
  readonly endTime: Date | null
  readonly lastUpdatedTime: Date
  readonly jobParameters: Readonly<Record<string, string>>
  /** Names of those that its definition declares secret; absent = none. */
  readonly secretParameters?: readonly string[]
  /** `''` until a server has picked it up. */
  readonly serverId: string
  readonly restUrl: string
  /** Directory of the job log relative to the log root, with `/` at its end; `''` until a server has picked it up. */
  readonly logPath: string
  /** Why it ended as it did, where the engine and not the job decided. */
  readonly reason: string | null
  /** Times that its server died under it, oldest first; absent = none. */
  readonly interruptions?: readonly Interruption[]
}

export interface Interruption {
  /** ISO 8601, the database's clock. */
  readonly at: string
  readonly reason: string
  /** What was at work on that server; empty: it was between two steps. */
  readonly places: readonly PlaceAtWork[]
}

export interface PlaceAtWork {
  readonly stepName: string
  /** `null` outside of partitions. */
  readonly partitionNumber: number | null
  /** The last chunk that was committed, counted over restarts; 0 = none, or no chunk step. */
  readonly afterChunk: number
  /** The reader's checkpoint of that chunk as JSON, shortened; `null` = none. */
  readonly checkpoint: string | null
}

export interface StepExecution {
  readonly stepExecutionId: number
  readonly executionId: number
  readonly instanceId: number
  readonly stepName: string
  readonly batchStatus: BatchStatus
  readonly exitStatus: string | null
  readonly startTime: Date
  readonly endTime: Date | null
  readonly persistentUserData: unknown
  readonly metrics: Metrics
  /** Why it failed; `null` when it did not. */
  readonly message: string | null
  readonly partitions: readonly PartitionExecution[]
}

export interface PartitionExecution {
  readonly partitionNumber: number
  readonly batchStatus: BatchStatus
  readonly exitStatus: string | null
  readonly startTime: Date | null
  readonly endTime: Date | null
  readonly serverId: string
  readonly restUrl: string
  readonly metrics: Metrics
}
