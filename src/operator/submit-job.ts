// Submits a job: which JSL, is it right, then all rows of it in one commit, shared with whoever submits at that moment.
import { createHash } from 'node:crypto'
import { BatchError } from '../batch/batch-error.ts'
import type { JobInstance } from '../batch/job-records.ts'
import { secretWordsWith } from '../batch/secret-parameters.ts'
import { createBatcher, type Batcher } from '../service/batcher.ts'
import type { Database } from '../store/database.ts'
import { findJobInstance } from '../store/job-instances.ts'
import { isUniqueViolation, retrying } from '../store/retry.ts'
import {
  claimedAtSubmit,
  drawSubmissionIds,
  insertSubmissions,
  type Seat,
  type StoredSubmission,
  type SubmissionIds,
  type SubmitVerdict
} from '../store/submissions.ts'
import { type ClaimedUnit, releaseUnits } from '../store/units.ts'
import { auditedParameters } from './audited-parameters.ts'
import { checkJobParameters, checkName, checkText } from './check-submission.ts'
import type { Caller, JobSubmission, SubmittedJob } from './job-operator.ts'
import { operationGroupsOf } from './operation-groups.ts'
import type { OperatorOptions } from './operator-options.ts'
import { requireTakesJobs, waitingStateOf } from './take-in.ts'
import { unitSettingsOf } from './unit-settings.ts'

/** `application#module[#component]` */
function appNameOf(submission: JobSubmission): string {
  const { application, module, component } = submission
  return component === null ? `${application}#${module}` : `${application}#${module}#${component}`
}

/** A submission on its way; its ids are drawn once, so that it can be done again after a commit in doubt (ENGINE E5). */
export interface SubmissionUnderWay {
  readonly submission: StoredSubmission
  /** It starts in maintenance mode too. */
  readonly system: boolean
  readonly seat: Seat | null
  ids: SubmissionIds | null
}

/** `maintenance`: it was not stored, as nothing may start. */
type Verdict = SubmitVerdict | { readonly kind: 'maintenance' }

export type SubmitBatcher = Batcher<SubmissionUnderWay, Verdict>

/** How long a submit waits for a PostgreSQL that is away. */
const AWAY_MS = 8000

export function createSubmitBatcher(db: Database): SubmitBatcher {
  return createBatcher<SubmissionUnderWay, Verdict>({
    size: 64,
    runs: 2,
    patienceMs: 25,
    keysOf: ({ submission: { submitter, idempotencyKey } }) =>
      idempotencyKey === null ? [] : [JSON.stringify([submitter, idempotencyKey.key])],
    run: items => retrying({ awayMs: AWAY_MS }, () => store(db, items))
  })
}

async function store(db: Database, items: readonly SubmissionUnderWay[]): Promise<Verdict[]> {
  const without = items.filter(item => item.ids === null)
  if (without.length > 0) {
    const drawn = await drawSubmissionIds(db, without.length)
    for (const [at, item] of without.entries()) {
      const { inMaintenance, ...ids } = drawn[at]!
      if (!inMaintenance || item.system) item.ids = ids
    }
  }
  const admitted = items.filter(({ ids }) => ids !== null)
  if (admitted.length < items.length) {
    const verdicts = admitted.length === 0 ? [] : await store(db, admitted)
    const byItem = new Map(admitted.map((item, at) => [item, verdicts[at]!]))
    return items.map(item => byItem.get(item) ?? { kind: 'maintenance' })
  }
  try {
    return await insertSubmissions(
      db,
      items.map(({ submission, ids, seat }) => ({ ...submission, ...ids!, seat }))
    )
  } catch (error) {
    if (db.isTransaction || items.length > 1 || !isUniqueViolation(error)) throw error
    // An earlier try of this very submission had been committed after all.
    const stored = await findJobInstance(db, items[0]!.ids!.instanceId)
    if (stored === null) throw error
    // If it was claimed then, nobody has it.
    if (items[0]!.seat !== null) await releaseUnits(db, [{ unitId: items[0]!.ids!.unitId, epoch: 1 }])
    return [{ kind: 'inserted', createTime: stored.createTime, claimed: false }]
  }
}

export async function submitJob(
  options: OperatorOptions,
  batcher: SubmitBatcher,
  submission: JobSubmission,
  caller: Caller
): Promise<SubmittedJob> {
  await requireTakesJobs(options)
  const stored = await checkSubmission(options, submission, caller)
  const { run } = submission
  const underWay: SubmissionUnderWay = {
    submission: stored,
    system: run?.system === true,
    seat: mayHaveSeat(submission, stored) ? options.seat() : null,
    ids: null
  }
  const verdict = await verdictOn(batcher, underWay, run?.within)
  switch (verdict.kind) {
    case 'conflict':
      throw new BatchError('IdempotencyKeyReused', [submission.idempotencyKey ?? '', verdict.instanceId])
    case 'known':
      return { created: false, instance: await knownInstance(options, submission, verdict.instanceId) }
    case 'maintenance':
      throw new BatchError('MaintenanceMode')
    case 'undefined':
      throw new BatchError('NoSuchDefinition', [verdict.definition])
    case 'inserted':
      if (run?.within === undefined && !verdict.claimed) options.wake(stored.instanceState === 'JMS_QUEUED')
      return { created: true, instance: instanceOf(stored, underWay.ids!, verdict.createTime) }
  }
}

function mayHaveSeat({ run }: JobSubmission, { instanceState, delaySeconds }: StoredSubmission): boolean {
  return run?.within === undefined && instanceState === 'SUBMITTED' && delaySeconds === 0
}

/** Its seat is over when this resolves or rejects. */
async function verdictOn(
  batcher: SubmitBatcher,
  underWay: SubmissionUnderWay,
  within: Database | undefined
): Promise<Verdict> {
  let claimed: ClaimedUnit | null = null
  try {
    const verdict = within === undefined ? await batcher.add(underWay) : (await store(within, [underWay]))[0]!
    if (verdict.kind === 'inserted' && verdict.claimed)
      claimed = claimedAtSubmit({ ...underWay.submission, ...underWay.ids! })
    return verdict
  } finally {
    underWay.seat?.end(claimed)
  }
}

async function checkSubmission(
  options: OperatorOptions,
  submission: JobSubmission,
  caller: Caller
): Promise<StoredSubmission> {
  const { application, jobXMLName, jobXML, jobParameters } = submission
  const appName = appNameOf(submission)
  checkName('appName', appName)
  checkName('jobXMLName', jobXMLName)
  checkJobParameters(jobParameters)
  if (submission.run?.system !== true) await options.known.require(application)
  const jsl = jobXML ?? (await options.known.packagedJsl(application, jobXMLName))
  checkText('the JSL', jsl)
  const inline = jobXML !== null && submission.run?.packaged !== true
  const model = options.checkJsl(jsl, jobParameters, inline ? {} : options.systemProperties)
  checkName('jobName', model.id)
  const operationGroups = operationGroupsOf(options.operationGroups, application, model.id)
  const settings = unitSettingsOf(model, { submitter: caller.user, jobParameters }, options.caps)
  return {
    jobName: model.id,
    appName,
    application,
    jobXMLName,
    xmlId: await options.jobXMLs.idOf(jsl),
    inline,
    instanceState: await waitingStateOf(options, application, operationGroups),
    submitter: caller.user,
    operationGroups,
    jobParameters,
    auditedParameters: auditedParameters(
      jobParameters,
      secretWordsWith(options.secretWords, submission.run?.origin.secretParameters ?? [])
    ),
    ...(submission.uncapped === true ? { ...settings, caps: [] } : settings),
    run: submission.run?.origin ?? null,
    idempotencyKey:
      submission.idempotencyKey === null
        ? null
        : { key: submission.idempotencyKey, fingerprint: fingerprintOf(submission) }
  }
}

/** ENGINE E15: over all that decides what runs. */
function fingerprintOf(submission: JobSubmission): string {
  const { application, module, component, jobXMLName, jobXML, jobParameters } = submission
  const parameters = Object.entries(jobParameters).sort(([a], [b]) => (a < b ? -1 : 1))
  return createHash('sha256')
    .update(JSON.stringify([application, module, component, jobXMLName, jobXML, parameters]))
    .digest('hex')
}

async function knownInstance(
  options: OperatorOptions,
  submission: JobSubmission,
  instanceId: number
): Promise<JobInstance> {
  const instance = await findJobInstance(options.db, instanceId)
  if (instance === null)
    throw new BatchError('IdempotencyKeyPurged', [submission.idempotencyKey ?? '', instanceId])
  return instance
}

/** As it was stored: reading it again would cost a round trip and could only show that it has begun. */
function instanceOf(stored: StoredSubmission, ids: SubmissionIds, createTime: Date): JobInstance {
  return {
    instanceId: ids.instanceId,
    jobName: stored.jobName,
    appName: stored.appName,
    submitter: stored.submitter,
    batchStatus: 'STARTING',
    exitStatus: null,
    instanceState: stored.instanceState ?? 'SUBMITTED',
    jobXMLName: stored.jobXMLName,
    createTime,
    lastUpdatedTime: createTime,
    executions: 1
  }
}
