// Whether an instance may be restarted, and with what: decided alike for a restart and for the preview of one.
import { BatchError } from '../batch/batch-error.ts'
import { MASK, secretWordsWith, unmaskedParameters } from '../batch/secret-parameters.ts'
import type { JobModel } from '../jsl/job-model.ts'
import type { Database } from '../store/database.ts'
import { findJobExecution, findJobExecutionByNumber } from '../store/job-executions.ts'
import { findJobDefinitionOf, findJobInstance } from '../store/job-instances.ts'
import type { LatestExecution } from '../store/restarts.ts'
import type { WaitingState } from '../store/submissions.ts'
import type { UnitSettings } from '../store/unit-inserts.ts'
import { checkJobParameters } from './check-submission.ts'
import type { RestartRequest } from './job-operator.ts'
import type { OperatorOptions } from './operator-options.ts'
import { waitingStateOf } from './take-in.ts'
import { unitSettingsOf } from './unit-settings.ts'

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

export interface PreparedRestart {
  readonly instanceId: number
  /** Of the next execution. */
  readonly jobParameters: Readonly<Record<string, string>>
  readonly jsl: string
  /** It came with its submit. */
  readonly inline: boolean
  /** A refusal for the state of the instance comes before one for its JSL. */
  readonly checked: Settled<{ readonly model: JobModel; readonly settings: UnitSettings }>
  /** For whom it will wait; it is decided before any lock. */
  readonly place: Settled<WaitingState>
  readonly previousId: number | null
  readonly wasLatest: boolean
}

/** Rejects for what does not exist, and for parameters that no restart could take. */
export async function prepareRestart(
  options: OperatorOptions,
  request: RestartRequest
): Promise<PreparedRestart> {
  checkJobParameters(request.jobParameters)
  const { instanceId, previousId, wasLatest } = await targetOf(options.db, request)
  const definition = await findJobDefinitionOf(options.db, instanceId)
  if (definition === null) throw new BatchError('NoSuchJobInstance', [instanceId])
  const { inline, submitter, application, operationGroups } = definition
  const jobParameters = await parametersOf(options, request, previousId)
  const jsl = await options.jobXMLs.textOf(definition.xmlId)
  const checked = await settled(() => {
    const model = options.checkJsl(jsl, jobParameters, inline ? {} : options.systemProperties)
    return { model, settings: unitSettingsOf(model, { submitter, jobParameters }, options.caps) }
  })
  const place = await settled(() => waitingStateOf(options, application, operationGroups))
  return { instanceId, jobParameters, jsl, inline, checked, place, previousId, wasLatest }
}

/** The model that runs. Throws the refusal; `latest` is where the instance stands, for a restart under its lock. */
export function judgeRestart(
  prepared: PreparedRestart,
  request: RestartRequest,
  latest: LatestExecution | null
): { readonly model: JobModel; readonly latest: LatestExecution; readonly waitingState: WaitingState } {
  const { instanceId, checked, place } = prepared
  if (latest === null) throw new BatchError('NoSuchJobInstance', [instanceId])
  if (latest.inMaintenance) throw new BatchError('MaintenanceMode')
  if (prepared.wasLatest && latest.executionId !== prepared.previousId)
    throw new BatchError('JobRestart', [instanceId, 'another restart came first'])
  checkLatest(request, latest)
  if (!checked.ok) throw checked.error
  const { model } = checked.value
  if (!model.restartable) throw new BatchError('JobRestart', [instanceId, 'its JSL says restartable="false"'])
  if (!place.ok) throw place.error
  return { model, latest, waitingState: place.value }
}

type Settled<T> = { readonly ok: true; readonly value: T } | { readonly ok: false; readonly error: unknown }

async function settled<T>(work: () => T | Promise<T>): Promise<Settled<T>> {
  try {
    return { ok: true, value: await work() }
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

/** The newest execution of an instance. */
export async function latestExecution(db: Database, instanceId: number) {
  const instance = await findJobInstance(db, instanceId)
  if (instance === null) throw new BatchError('NoSuchJobInstance', [instanceId])
  return await findJobExecutionByNumber(db, instanceId, instance.executions - 1)
}
