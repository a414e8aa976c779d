// Restarts the latest execution of an instance; of several at once exactly one is let through (ENGINE E2).
import { BatchError } from '../batch/batch-error.ts'
import type { JobInstance } from '../batch/job-records.ts'
import { MASK, secretWordsWith, unmaskedParameters } from '../batch/secret-parameters.ts'
import type { Database } from '../store/database.ts'
import { appendAudit } from '../store/audit.ts'
import { findJobExecution, findJobExecutionByNumber } from '../store/job-executions.ts'
import { findJobDefinitionOf, findJobInstance } from '../store/job-instances.ts'
import { insertRestart, type LatestExecution, lockForRestart } from '../store/restarts.ts'
import { unitColumns } from '../store/submissions.ts'
import { transactionOnce } from '../store/transaction-once.ts'
import { auditedParameters } from './audited-parameters.ts'
import { checkJobParameters } from './check-submission.ts'
import type { Caller, RestartRequest } from './job-operator.ts'
import type { OperatorOptions } from './operator-options.ts'
import { unitSettingsOf } from './unit-settings.ts'

/** How long a restart waits for a PostgreSQL that is away. */
const AWAY_MS = 8000

/** What is said when an instance cannot be restarted, by where it stands. */
const REASONS: Record<LatestExecution['instanceState'], string> = {
  SUBMITTED: 'it has been submitted and waits to be run',
  JMS_QUEUED: 'it is queued and waits to be run',
  JMS_CONSUMED: 'it is about to be run',
  DISPATCHED: 'it is running',
  COMPLETED: 'its latest execution is COMPLETED',
  ABANDONED: 'it was abandoned',
  FAILED: 'it changed meanwhile',
  STOPPED: 'it changed meanwhile'
}

export async function restartJob(
  options: OperatorOptions,
  request: RestartRequest,
  caller: Caller
): Promise<JobInstance> {
  if (options.stopping()) throw new BatchError('ServerStopping')
  checkJobParameters(request.jobParameters)
  const { instanceId, previousId, wasLatest } = await targetOf(options.db, request)
  const definition = await findJobDefinitionOf(options.db, instanceId)
  if (definition === null) throw new BatchError('NoSuchJobInstance', [instanceId])
  const jobParameters = await parametersOf(options, request, previousId)
  const jsl = await options.jobXMLs.textOf(definition.xmlId)

  // A refusal for its state comes before one for its JSL, but caps are locked before the instance (ENGINE E1).
  const checked = settled(() => {
    const model = options.checkJsl(jsl, jobParameters, definition.inline ? {} : options.systemProperties)
    const submitter = definition.submitter
    return { model, settings: unitSettingsOf(model, { submitter, jobParameters }, options.caps) }
  })
  await transactionOnce(options.db, { awayMs: AWAY_MS }, async trx => {
    const columns = checked.ok ? await unitColumns(trx, [checked.value.settings]) : []
    const latest = await lockForRestart(trx, instanceId)
    if (latest === null) throw new BatchError('NoSuchJobInstance', [instanceId])
    if (latest.inMaintenance) throw new BatchError('MaintenanceMode')
    if (wasLatest && latest.executionId !== previousId)
      throw new BatchError('JobRestart', [instanceId, 'another restart came first'])
    checkLatest(request, latest)
    if (!checked.ok) throw checked.error
    const { model } = checked.value
    if (!model.restartable)
      throw new BatchError('JobRestart', [instanceId, 'its JSL says restartable="false"'])
    const executionId = await insertRestart(trx, {
      latest,
      jobParameters,
      jobName: model.id,
      columns: columns[0]!
    })
    const words = secretWordsWith(options.secretWords, latest.secretParameters)
    await appendAudit(trx, [
      {
        who: caller.user,
        what: 'instance.restart',
        target: `instance:${instanceId}`,
        before: { executionId: latest.executionId, batchStatus: latest.batchStatus },
        after: { executionId, jobParameters: auditedParameters(jobParameters, words) }
      }
    ])
  })
  options.wake()
  return (await findJobInstance(options.db, instanceId))!
}

type Settled<T> = { readonly ok: true; readonly value: T } | { readonly ok: false; readonly error: unknown }

function settled<T>(work: () => T): Settled<T> {
  try {
    return { ok: true, value: work() }
  } catch (error) {
    return { ok: false, error }
  }
}

/** `previousId`: the execution whose parameters are reused; `null` = the latest. `wasLatest`: it was that one just now. */
async function targetOf(
  db: Database,
  { target }: RestartRequest
): Promise<{ instanceId: number; previousId: number | null; wasLatest: boolean }> {
  if (target.kind === 'instance') return { instanceId: target.instanceId, previousId: null, wasLatest: false }
  const execution = await findJobExecution(db, target.executionId)
  if (execution === null) throw new BatchError('NoSuchJobExecution', [target.executionId])
  const { executionId, instanceId } = execution
  const latest = await latestExecution(db, instanceId)
  return { instanceId, previousId: executionId, wasLatest: latest?.executionId === executionId }
}

/** The product's order: most recent, completed or abandoned, then any other state. */
function checkLatest({ target }: RestartRequest, latest: LatestExecution): void {
  if (target.kind === 'execution' && target.executionId !== latest.executionId)
    throw new BatchError('JobExecutionNotMostRecent', [target.executionId, latest.instanceId])
  if (latest.batchStatus === 'COMPLETED')
    throw new BatchError('JobExecutionAlreadyComplete', [latest.executionId])
  if (latest.purging) throw new BatchError('JobRestart', [latest.instanceId, 'it is being purged'])
  if (latest.batchStatus === 'ABANDONED')
    throw new BatchError('JobRestart', [latest.instanceId, REASONS.ABANDONED])
  if (latest.instanceState !== 'STOPPED' && latest.instanceState !== 'FAILED')
    throw new BatchError('JobRestart', [latest.instanceId, REASONS[latest.instanceState]])
}

async function parametersOf(
  { db, secretWords }: OperatorOptions,
  request: RestartRequest,
  previousId: number | null
): Promise<Readonly<Record<string, string>>> {
  const { jobParameters, reusePreviousParams } = request
  // Which names are secret may be known of the previous execution only.
  const hasMasks = Object.values(jobParameters).includes(MASK)
  if (!reusePreviousParams && !hasMasks) return jobParameters
  const previous =
    previousId === null && request.target.kind === 'instance'
      ? await latestExecution(db, request.target.instanceId)
      : await findJobExecution(db, previousId ?? 0)
  const before = previous?.jobParameters ?? {}
  const words = secretWordsWith(secretWords, previous?.secretParameters ?? [])
  const given = unmaskedParameters(jobParameters, before, words)
  return reusePreviousParams ? { ...before, ...given } : given
}

async function latestExecution(db: Database, instanceId: number) {
  const instance = await findJobInstance(db, instanceId)
  if (instance === null) throw new BatchError('NoSuchJobInstance', [instanceId])
  return await findJobExecutionByNumber(db, instanceId, instance.executions - 1)
}
