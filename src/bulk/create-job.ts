// Creates a bulk job, once for each token: what can be known at once (application, manifest, allow-lists) is checked before.
import { createHash, randomUUID } from 'node:crypto'
import { BatchError } from '../batch/batch-error.ts'
import {
  type BulkJob,
  type BulkJobCreation,
  type BulkManifest,
  type BulkOperationRequest,
  isInventory
} from '../batch/bulk-job.ts'
import { type FieldProblem, fieldsInvalid } from '../batch/field-problem.ts'
import { secretWordsWith, unmaskedParameters } from '../batch/secret-parameters.ts'
import { requireSubmit, writesAll } from '../operator/authorization.ts'
import type { Caller } from '../operator/caller.ts'
import { operationGroupsOf } from '../operator/operation-groups.ts'
import { findManifest } from '../store/bulk-manifests.ts'
import { type EarlierBulkJob, findBulkJobOfToken, insertBulkJob } from '../store/bulk-jobs.ts'
import { findDefinition } from '../store/definitions.ts'
import { readMaintenance } from '../store/maintenance.ts'
import type { BulkJobOverrides, CreatedBulkJob } from './bulk-operator.ts'
import type { BulkOptions } from './bulk-options.ts'
import { jobNameOf } from './compile-job.ts'
import { checkLocation } from './manifest-source.ts'
import { shownCreation } from './shown-job.ts'

const COLUMNS = ['Bucket', 'Key', 'VersionId'] as const

/** `rerunOf`: its tasks are those that failed there, and its manifest is not read. */
export async function createBulkJob(
  options: BulkOptions,
  creation: BulkJobCreation,
  caller: Caller,
  rerunOf: string | null = null
): Promise<CreatedBulkJob> {
  requireSubmit(caller)
  const fingerprint = fingerprintOf(creation, rerunOf)
  const { clientRequestToken } = creation
  const asked = { submitter: caller.user, clientRequestToken, fingerprint }
  const before = await findBulkJobOfToken(options.db, asked)
  // Asked again: what it needed then may have gone meanwhile.
  if (before !== null) return createdBefore(before, clientRequestToken)
  const problems = checkSpec(creation.manifest)
  const { application, secretParameters, problem } = await placeOf(options, creation.operation)
  if (problem !== null) problems.push(problem)
  if (rerunOf === null) problems.push(...(await checkManifest(options, creation, caller)))
  if (problems.length > 0) throw fieldsInvalid(problems)
  await options.requireApplication(application)
  if ((await readMaintenance(options.db)).on) throw new BatchError('MaintenanceMode')
  const jobId = randomUUID()
  const secrets = new Set([...(creation.secretParameters ?? []), ...secretParameters])
  const stored = { ...creation, secretParameters: [...secrets] }
  const verdict = await insertBulkJob(options.db, {
    jobId,
    submitter: caller.user,
    operationGroups: operationGroupsOf(options.operationGroups, application, jobNameOf(creation.operation)),
    fingerprint,
    rerunOf,
    creation: stored,
    shown: shownCreation(stored, options.secretWords)
  })
  if (verdict.kind === 'undefined') throw fieldsInvalid([NO_DEFINITION])
  return verdict.kind === 'created' ? { jobId, created: true } : createdBefore(verdict, clientRequestToken)
}

function createdBefore({ kind, jobId }: EarlierBulkJob, clientRequestToken: string): CreatedBulkJob {
  if (kind === 'conflict') throw new BatchError('ClientRequestTokenReused', [clientRequestToken, jobId])
  return { jobId, created: false }
}

const NO_DEFINITION: FieldProblem = {
  path: 'operation.definition.name',
  message: 'there is no such job definition'
}

interface Place {
  readonly application: string
  readonly secretParameters: readonly string[]
  readonly problem: FieldProblem | null
}

async function placeOf({ db }: BulkOptions, { artifact, definition }: BulkOperationRequest): Promise<Place> {
  const none = { application: '', secretParameters: [], problem: null }
  if (artifact !== undefined) return { ...none, application: artifact.application }
  const { name, version } = definition
  const found = await findDefinition(db, name, version)
  if (found !== null) {
    const secret = Object.entries(found.parameters).filter(([, spec]) => spec.secret)
    return {
      ...none,
      application: found.application,
      secretParameters: secret.map(([parameter]) => parameter)
    }
  }
  const known = version !== null && (await findDefinition(db, name)) !== null
  const problem = known
    ? { path: 'operation.definition.version', message: `job definition ${name} has no such version` }
    : NO_DEFINITION
  return { ...none, problem }
}

function checkSpec({ location, spec }: BulkManifest): FieldProblem[] {
  const problem = (message: string) => ({ path: 'manifest.spec.fields', message })
  if (!isInventory(spec))
    return spec.fields === undefined ? [problem('are missing')] : checkFields(spec.fields)
  const problems = spec.fields === undefined ? [] : [problem('are named by an inventory report itself')]
  if ('path' in location || 'url' in location) return problems
  return [
    ...problems,
    {
      path: 'manifest.location',
      message: 'is the path or url of its manifest.json where the format is an inventory report'
    }
  ]
}

function checkFields(fields: readonly string[]): FieldProblem[] {
  const problem = (message: string) => ({ path: 'manifest.spec.fields', message })
  const count = (name: string) => fields.filter(field => field === name).length
  const missing = ['Bucket', 'Key'].filter(name => count(name) === 0)
  const doubled = [...new Set(fields)].filter(name => name !== 'Ignore' && count(name) > 1)
  const misspelt = fields.filter(field =>
    COLUMNS.some(name => name !== field && name.toLowerCase() === field.toLowerCase())
  )
  return [
    ...missing.map(name => problem(`${name} is missing`)),
    ...doubled.map(name => problem(`${name} is there more than once`)),
    ...misspelt.map(name => problem(`${name} is spelt in another way: ${COLUMNS.join(', ')}`))
  ]
}

async function checkManifest(
  { db, limits }: BulkOptions,
  { manifest: { location, spec } }: BulkJobCreation,
  caller: Caller
): Promise<FieldProblem[]> {
  if ('objects' in location && !isInventory(spec) && spec.fields?.join() !== 'Bucket,Key')
    return [{ path: 'manifest.spec.fields', message: 'are Bucket and Key where objects are looked for' }]
  if ('manifestId' in location) {
    const found = await findManifest(db, location.manifestId)
    // Whose it is is told to nobody else.
    const usable = found !== null && (found.submitter === caller.user || writesAll(caller))
    return usable ? [] : [{ path: 'manifest.location.manifestId', message: 'there is no such manifest' }]
  }
  try {
    await checkLocation(limits, location)
    return []
  } catch (error) {
    const path = `manifest.location.${'objects' in location ? 'objects.bucket' : 'path' in location ? 'path' : 'url'}`
    return [{ path, message: (error as Error).message }]
  }
}

/** The token itself is what is compared by it. Members are in an order of ours, whatever theirs was. */
function fingerprintOf({ clientRequestToken: _, ...asked }: BulkJobCreation, rerunOf: string | null): string {
  return createHash('sha256')
    .update(JSON.stringify([sorted(asked), rerunOf]))
    .digest('hex')
}

function sorted(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(sorted)
  if (typeof value !== 'object' || value === null) return value
  return Object.entries(value)
    .filter(([, member]) => member !== undefined)
    .toSorted(([a], [b]) => (a < b ? -1 : 1))
    .map(([name, member]) => [name, sorted(member)])
}

/** What a new job like `source` is created from. A mask in its operation stands for what `source` has there. */
export function clonedCreation(
  source: BulkJob,
  overrides: BulkJobOverrides,
  secretWords: readonly string[]
): BulkJobCreation {
  const { confirmationRequired, description, priority, tags, manifest, operation } = source
  const { report, failureThreshold } = source
  const given = Object.fromEntries(Object.entries(overrides).filter(([, value]) => value !== undefined))
  const cloned: BulkJobCreation = {
    clientRequestToken: randomUUID(),
    confirmationRequired,
    description,
    priority,
    tags,
    manifest,
    operation,
    report,
    failureThreshold,
    ...given
  }
  return withSecretsOf(source, cloned, secretWords)
}

/** Those of the same artifact or definition only: another one could tell them. What was secret there stays so. */
function withSecretsOf(
  { operation: before, secretParameters = [] }: BulkJob,
  cloned: BulkJobCreation,
  secretWords: readonly string[]
): BulkJobCreation {
  const { artifact, definition } = cloned.operation
  if (artifact !== undefined) {
    const { application, ref, properties } = artifact
    if (before.artifact?.application !== application || before.artifact.ref !== ref) return cloned
    const unmasked = unmaskedParameters(properties, before.artifact.properties, secretWords)
    return { ...cloned, operation: { artifact: { ...artifact, properties: unmasked } } }
  }
  if (before.definition?.name !== definition.name) return cloned
  const words = secretWordsWith(secretWords, secretParameters)
  const parameters = unmaskedParameters(definition.parameters, before.definition.parameters, words)
  return { ...cloned, operation: { definition: { ...definition, parameters } }, secretParameters }
}
