// Puts the use cases together as one JobOperator.
import { BatchError } from '../batch/batch-error.ts'
import { authorizedOperator } from './authorized-operator.ts'
import { verifyAudit } from '../store/audit.ts'
import { listAuditEntries } from '../store/audit-entries.ts'
import { listHolds } from '../store/holds.ts'
import { findJobExecution, findJobExecutionByNumber, listJobExecutions } from '../store/job-executions.ts'
import { findJobInstance, listJobInstances, selectInstances } from '../store/job-instances.ts'
import { findStepExecution, listStepExecutions } from '../store/step-executions.ts'
import { abandonJobExecution } from './abandon-execution.ts'
import { readsAll, visibilityOf } from './authorization.ts'
import { archiveInstances } from './archive-instances.ts'
import { deleteInstanceJobLogs } from './delete-instance-logs.ts'
import { changeExecutionPriority } from './change-priority.ts'
import { explainInstance } from './explain-instance.ts'
import { forceEndJobExecution } from './force-end-execution.ts'
import { holdInstance, holdOfInstance, releaseInstance } from './hold-instance.ts'
import { instanceJobLog, jobLog, jobLogParts } from './job-logs.ts'
import type { JobOperator } from './job-operator.ts'
import { createListApplications } from './list-applications.ts'
import type { OperatorOptions } from './operator-options.ts'
import { pauseJobExecution, unpauseJobExecution } from './pause-job.ts'
import { planPurge, purgePlanOf } from './plan-purge.ts'
import { purgeAsPlanned, purgeJobInstance, purgeJobInstances } from './purge-job.ts'
import { previewRestart } from './preview-restart.ts'
import { refusingWhileAway } from './refusing-while-away.ts'
import { restartJob } from './restart-job.ts'
import { scopeOf } from './search.ts'
import { type AnsweredStops, stopJobExecution, stopJobInstance } from './stop-job.ts'
import { createSubmitBatcher, submitJob } from './submit-job.ts'
import { validateJsl } from './validate-jsl.ts'

export function createJobOperator(options: OperatorOptions): JobOperator {
  const { db } = options
  const submits = createSubmitBatcher(options.launchDb)
  const applications = createListApplications(options)
  const answeredStops: AnsweredStops = new Map()

  const instanceOf = async (instanceId: number) => {
    const instance = await findJobInstance(db, instanceId)
    if (instance === null) throw new BatchError('NoSuchJobInstance', [instanceId])
    return instance
  }
  const executionOf = async (executionId: number) => {
    const execution = await findJobExecution(db, executionId)
    if (execution === null) throw new BatchError('NoSuchJobExecution', [executionId])
    return execution
  }

  const operator: JobOperator = {
    submit: (submission, caller) => submitJob(options, submits, submission, caller),
    jobInstances: (search, caller) => listJobInstances(db, search, scopeOf(caller, options)),
    jobInstance: instanceOf,
    async jobExecutions(instanceId) {
      await instanceOf(instanceId)
      return await listJobExecutions(db, instanceId)
    },
    jobExecution: executionOf,
    async jobExecutionByNumber(instanceId, executionNumber) {
      await instanceOf(instanceId)
      const execution = await findJobExecutionByNumber(db, instanceId, executionNumber)
      if (execution === null) throw new BatchError('NoSuchExecutionNumber', [instanceId, executionNumber])
      return execution
    },
    jobInstanceOfExecution: async executionId =>
      await instanceOf((await executionOf(executionId)).instanceId),
    async stepExecutions(executionId, stepName) {
      await executionOf(executionId)
      const steps = await listStepExecutions(db, executionId)
      if (stepName === null) return steps
      const named = steps.filter(step => step.stepName === stepName)
      if (named.length === 0) throw new BatchError('NoSuchStep', [executionId, stepName])
      return named
    },
    async stepExecution(stepExecutionId) {
      const step = await findStepExecution(db, stepExecutionId)
      if (step === null) throw new BatchError('NoSuchStepExecution', [stepExecutionId])
      return step
    },
    stopExecution: (executionId, caller) => stopJobExecution(options, answeredStops, executionId, caller),
    stopInstance: (instanceId, caller) => stopJobInstance(options, answeredStops, instanceId, caller),
    restart: (request, caller) => restartJob(options, request, caller),
    previewRestart: request => previewRestart(options, request),
    explainInstance: instanceId => explainInstance(db, instanceId),
    abandonExecution: (executionId, reason, caller) =>
      abandonJobExecution(options, executionId, reason, caller),
    forceEndExecution: (executionId, end, caller) => forceEndJobExecution(options, executionId, end, caller),
    pauseExecution: (executionId, caller) => pauseJobExecution(options, executionId, caller),
    unpauseExecution: (executionId, caller) => unpauseJobExecution(options, executionId, caller),
    changePriority: (executionId, priority, caller) =>
      changeExecutionPriority(options, executionId, priority, caller),
    purge: (instanceId, purge, caller) => purgeJobInstance(options, instanceId, purge, caller),
    async purgeAll(search, purge, caller) {
      const instanceIds = await selectInstances(db, search, scopeOf(caller, options))
      return await purgeJobInstances(options, instanceIds, purge, caller)
    },
    planPurge: (request, caller) => planPurge(options, request, caller),
    purgePlan: (planId, caller) => purgePlanOf(options, planId, caller),
    purgeAsPlanned: (planned, caller) => purgeAsPlanned(options, planned, caller),
    archiveInstances: (instanceIds, file) => archiveInstances(options, instanceIds, file),
    holdInstance: (instanceId, reason, caller) => holdInstance(options, instanceId, reason, caller),
    releaseInstance: (instanceId, caller) => releaseInstance(options, instanceId, caller),
    holdOfInstance: instanceId => holdOfInstance(options, instanceId),
    holds: (search, caller) => listHolds(db, search, visibilityOf(caller)),
    deleteJobLogs: (instanceId, caller) => deleteInstanceJobLogs(options, instanceId, caller),
    jobLogParts: executionId => jobLogParts(options, executionId),
    jobLogText: (executionId, part) => jobLog(options, executionId, part, 'text'),
    jobLogZip: (executionId, part) => jobLog(options, executionId, part, 'zip'),
    instanceJobLogText: instanceId => instanceJobLog(options, instanceId, 'text'),
    instanceJobLogZip: instanceId => instanceJobLog(options, instanceId, 'zip'),
    applications: paging => applications(paging),
    validateJsl: (jsl, caller) => validateJsl(options, jsl, caller),
    auditEntries: (search, caller) => listAuditEntries(db, search, readsAll(caller) ? null : caller.user),
    verifyAudit: () => verifyAudit(db)
  }
  return refusingWhileAway(options.statementTimeoutSeconds, authorizedOperator(options, operator))
}
