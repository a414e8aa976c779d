// Records as the store gives them, with what a test says of them put in.
import type { JobInstance, PartitionExecution, StepExecution } from '../../src/batch/job-records.ts'
import { noMetrics } from '../../src/batch/metrics.ts'
import type { JobExecutionDetail } from '../../src/operator/job-operator.ts'

const at = (time: string): Date => new Date(`2026-11-24T${time}Z`)

export function jobInstance(some: Partial<JobInstance> = {}): JobInstance {
  return {
    instanceId: 30,
    jobName: 'nightly',
    appName: 'Ledger#Ledger.war',
    submitter: 'NOTSET',
    batchStatus: 'STARTED',
    exitStatus: null,
    instanceState: 'DISPATCHED',
    jobXMLName: 'nightly-close',
    createTime: at('12:59:18.439'),
    lastUpdatedTime: at('12:59:18.477'),
    executions: 1,
    ...some
  }
}

export function jobExecution(some: Partial<JobExecutionDetail> = {}): JobExecutionDetail {
  return {
    executionId: 41,
    instanceId: 30,
    jobName: 'nightly',
    executionNumber: 0,
    batchStatus: 'STARTED',
    exitStatus: null,
    createTime: at('12:59:18.443'),
    startTime: at('12:59:18.477'),
    endTime: null,
    lastUpdatedTime: at('12:59:18.512'),
    jobParameters: { day: '2026-11-23' },
    serverId: 'host/data/one',
    restUrl: 'http://localhost:9080/ibm/api/batch',
    logPath: 'nightly/2026-11-24/instance.30/execution.41/',
    reason: null,
    steps: [{ stepExecutionId: 7, stepName: 'close', batchStatus: 'STARTED', exitStatus: null }],
    ...some
  }
}

export function stepExecution(some: Partial<StepExecution> = {}): StepExecution {
  return {
    stepExecutionId: 7,
    executionId: 41,
    instanceId: 30,
    stepName: 'close',
    batchStatus: 'COMPLETED',
    exitStatus: 'COMPLETED',
    startTime: at('12:59:18.512'),
    endTime: at('12:59:19.001'),
    persistentUserData: null,
    metrics: noMetrics(),
    message: null,
    partitions: [],
    ...some
  }
}

export function partition(some: Partial<PartitionExecution> = {}): PartitionExecution {
  return {
    partitionNumber: 0,
    batchStatus: 'COMPLETED',
    exitStatus: 'close',
    startTime: at('12:59:18.600'),
    endTime: null,
    serverId: '',
    restUrl: '',
    metrics: noMetrics(),
    ...some
  }
}
