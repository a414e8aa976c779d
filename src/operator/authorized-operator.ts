// Asks who may, before any use case begins: around all of them, so that a new one is refused until its rule stands here.
import { BatchError, type BatchErrorCode } from '../batch/batch-error.ts'
import { isSecretName, maskedParameters, withMasks } from '../batch/secret-parameters.ts'
import type { Database } from '../store/database.ts'
import { findOwner, findOwners, type OwnedThing, type Owner } from '../store/owners.ts'
import {
  readsAll,
  requireAnyRole,
  requirePurge,
  requireRead,
  requireRole,
  requireSubmit,
  requireWrite,
  seesSecrets,
  writesAll
} from './authorization.ts'
import type { Caller } from './caller.ts'
import type { JobExecutionDetail, JobOperator, RestartRequest } from './job-operator.ts'

/** The thing a use case is about, from its arguments; `null` = none, then the caller's roles decide alone. */
type Target = { readonly thing: OwnedThing; readonly id: number }

export interface Rule {
  readonly may: 'admin' | 'anyRole' | 'submit' | 'purge' | 'read' | 'write'
  readonly target?: (first: never) => Target
}

const instance = (id: number): Target => ({ thing: 'jobInstance', id })
const execution = (id: number): Target => ({ thing: 'jobExecution', id })
const step = (id: number): Target => ({ thing: 'stepExecution', id })

/** The target is told by the first argument, the caller is the last. */
const RULES: Readonly<Partial<Record<string, Rule>>> = {
  submit: { may: 'submit' },
  jobInstances: { may: 'anyRole' },
  jobInstance: { may: 'read', target: instance },
  jobExecutions: { may: 'read', target: instance },
  jobExecution: { may: 'read', target: execution },
  jobExecutionByNumber: { may: 'read', target: instance },
  jobInstanceOfExecution: { may: 'read', target: execution },
  stepExecutions: { may: 'read', target: execution },
  stepExecution: { may: 'read', target: step },
  stopExecution: { may: 'write', target: execution },
  stopInstance: { may: 'write', target: instance },
  restart: { may: 'write', target: ({ target }: RestartRequest) => targetOfRestart(target) },
  previewRestart: { may: 'write', target: ({ target }: RestartRequest) => targetOfRestart(target) },
  explainInstance: { may: 'read', target: instance },
  // What they do to a job cannot be taken back, and may hide what went wrong.
  abandonExecution: { may: 'admin' },
  forceEndExecution: { may: 'admin' },
  pauseExecution: { may: 'write', target: execution },
  unpauseExecution: { may: 'write', target: execution },
  changePriority: { may: 'write', target: execution },
  purge: { may: 'write', target: instance },
  // Of many: what is not the caller's to purge is told in its place.
  purgeAll: { may: 'purge' },
  planPurge: { may: 'purge' },
  // Its use case knows whose plan it is.
  purgePlan: { may: 'anyRole' },
  purgeAsPlanned: { may: 'purge' },
  // It writes where it is told, and what it writes holds everything.
  archiveInstances: { may: 'admin' },
  // A hold of somebody else is for administrators to change, which its use case knows.
  holdInstance: { may: 'write', target: instance },
  releaseInstance: { may: 'write', target: instance },
  holdOfInstance: { may: 'read', target: instance },
  holds: { may: 'anyRole' },
  deleteJobLogs: { may: 'write', target: instance },
  jobLogParts: { may: 'read', target: execution },
  jobLogText: { may: 'read', target: execution },
  jobLogZip: { may: 'read', target: execution },
  instanceJobLogText: { may: 'read', target: instance },
  instanceJobLogZip: { may: 'read', target: instance },
  applications: { may: 'anyRole' },
  validateJsl: { may: 'anyRole' },
  // It tells what everybody did: its use case narrows it to the caller's own deeds.
  auditEntries: { may: 'anyRole' },
  verifyAudit: { may: 'anyRole' }
} satisfies Readonly<Record<keyof JobOperator, Rule>>

const UNKNOWN: Record<OwnedThing, BatchErrorCode> = {
  jobInstance: 'NoSuchJobInstance',
  jobExecution: 'NoSuchJobExecution',
  stepExecution: 'NoSuchStepExecution'
}

export interface AuthorizationOptions {
  readonly db: Database
  /** What is in the names of secret parameters. */
  readonly secretWords: readonly string[]
}

/** The same operator, each use case after its rule; secret parameters masked for those who may not see them. */
export function authorizedOperator(options: AuthorizationOptions, operator: JobOperator): JobOperator {
  const useCases = Object.entries(operator).map(([name, useCase]) => {
    const call = useCase as (...args: unknown[]) => Promise<unknown>
    return [
      name,
      async (...args: unknown[]) => {
        const caller = args.at(-1) as Caller
        await authorize(options.db, RULES[name], args[0], caller)
        return await masked(options, await call(...args), caller)
      }
    ]
  })
  return Object.fromEntries(useCases) as JobOperator
}

/** Rejects where the rule does not let the caller. */
export async function authorize(
  db: Database,
  rule: Rule | undefined,
  first: unknown,
  caller: Caller
): Promise<void> {
  switch (rule?.may) {
    case undefined:
    case 'admin':
      return requireRole(caller, 'batchAdmin')
    case 'anyRole':
      return requireAnyRole(caller)
    case 'submit':
      return requireSubmit(caller)
    case 'purge':
      return requirePurge(caller)
    case 'read':
      if (readsAll(caller)) return
      return requireRead(caller, await ownerOf(db, rule.target!(first as never), caller))
    case 'write':
      if (writesAll(caller)) return
      return requireWrite(caller, await ownerOf(db, rule.target!(first as never), caller))
  }
}

/** Who has no role is not told what exists. */
async function ownerOf(db: Database, { thing, id }: Target, caller: Caller): Promise<Owner> {
  requireAnyRole(caller)
  const owner = await findOwner(db, thing, id)
  if (owner === null) throw new BatchError(UNKNOWN[thing], [id])
  return owner
}

function targetOfRestart(target: RestartRequest['target']): Target {
  return target.kind === 'instance' ? instance(target.instanceId) : execution(target.executionId)
}

/** Executions, alone and in lists; whatever else a use case gives is left as it is. */
async function masked(options: AuthorizationOptions, found: unknown, caller: Caller): Promise<unknown> {
  const given = Array.isArray(found) ? found.map(withoutDeclared) : withoutDeclared(found)
  const secretive = [given].flat().filter(one => isExecution(one) && hasSecrets(options, one))
  if (secretive.length === 0 || writesAll(caller)) return given
  const ids = new Set((secretive as JobExecutionDetail[]).map(({ instanceId }) => instanceId))
  const seen = new Set(
    (await findOwners(options.db, 'jobInstance', [...ids]))
      .filter(owner => seesSecrets(caller, owner))
      .map(({ instanceId }) => instanceId)
  )
  const shown = (one: unknown) =>
    !isExecution(one) || seen.has(one.instanceId)
      ? one
      : { ...one, jobParameters: maskedParameters(one.jobParameters, options.secretWords) }
  return Array.isArray(given) ? given.map(shown) : shown(given)
}

/** What its definition declares secret is shown to nobody. */
function withoutDeclared(one: unknown): unknown {
  if (!isExecution(one) || one.secretParameters === undefined) return one
  const { secretParameters, jobParameters, ...rest } = one
  return { ...rest, jobParameters: withMasks(jobParameters, secretParameters) }
}

function isExecution(one: unknown): one is JobExecutionDetail {
  return typeof one === 'object' && one !== null && 'jobParameters' in one && 'instanceId' in one
}

function hasSecrets({ secretWords }: AuthorizationOptions, { jobParameters }: JobExecutionDetail): boolean {
  return Object.keys(jobParameters).some(name => isSecretName(name, secretWords))
}
