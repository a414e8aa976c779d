// What a restart would do, told without doing it: decided as a restart decides, from what is stored, and nothing is changed.
import { inspect } from 'node:util'
import { BatchError } from '../batch/batch-error.ts'
import { isSecretName, MASK, secretWordsWith } from '../batch/secret-parameters.ts'
import { type ForetoldStep, foretellRestartOf, type LeftCheckpoint } from '../dispatch/foretell-restart.ts'
import { findDefinition, findDefinitionJsl } from '../store/definitions.ts'
import { findJobExecution } from '../store/job-executions.ts'
import { findJobInstance } from '../store/job-instances.ts'
import { type LatestExecution, readForRestart } from '../store/restarts.ts'
import { findRun } from '../store/runs.ts'
import type { RestartRequest } from './job-operator.ts'
import type { OperatorOptions } from './operator-options.ts'
import { judgeRestart, type PreparedRestart, prepareRestart } from './restart-decision.ts'

/** A checkpoint in words; those of job code are cut, and secrets of the job's parameters masked in them. */
export interface CheckpointSummary {
  /** Chunks committed up to it. */
  readonly chunkNumber: number
  readonly itemsRead: number
  readonly readerCheckpoint: string | null
  readonly writerCheckpoint: string | null
}

export interface RestartPreview {
  readonly restartable: boolean
  /** Why not; or, of one that is, that it would end FAILED and why. `null` = there is nothing to say. */
  readonly reason: string | null
  readonly steps: readonly ForetoldStep<CheckpointSummary>[]
  /** Of both executions, secrets masked; `null` = it has none of this name. */
  readonly parameters: ReadonlyMap<string, { readonly before: string | null; readonly after: string | null }>
  /** A restart runs the JSL of its submit; whether the one that a submit would take now is another. */
  readonly definition: { readonly changed: boolean; readonly note: string | null }
}

const LONGEST_CHECKPOINT = 200

/** Rejects as a restart for what does not exist and for parameters that none could take; other refusals are the answer. */
export async function previewRestart(
  options: OperatorOptions,
  request: RestartRequest
): Promise<RestartPreview> {
  const { db } = options
  const prepared = await prepareRestart(options, request)
  const { instanceId } = prepared
  const latest = await readForRestart(db, instanceId)
  if (latest === null) throw new BatchError('NoSuchJobInstance', [instanceId])
  const before = (await findJobExecution(db, latest.executionId))?.jobParameters ?? {}
  const words = secretWordsWith(options.secretWords, latest.secretParameters)
  const about = {
    parameters: parametersOf(before, prepared.jobParameters, words),
    definition: await definitionNow(options, prepared, latest)
  }
  let model
  try {
    model = judgeRestart(prepared, request, latest).model
  } catch (error) {
    if (!(error instanceof BatchError)) throw error
    return { restartable: false, reason: error.message, steps: [], ...about }
  }
  const instance = { instanceId, latestExecutionId: latest.executionId }
  const { steps, failure } = await foretellRestartOf(db, instance, model)
  const secrets = secretValues([before, prepared.jobParameters], words)
  const summary = (left: LeftCheckpoint | null) => (left === null ? null : summaryOf(left, secrets))
  return {
    restartable: true,
    reason: failure === null ? null : `it ${failure.certain ? 'would' : 'may'} end FAILED: ${failure.reason}`,
    steps: steps.map(step => ({
      ...step,
      from: summary(step.from),
      partitions: step.partitions.map(partition => ({ ...partition, from: summary(partition.from) }))
    })),
    ...about
  }
}

type Values = Readonly<Record<string, string>>

function parametersOf(before: Values, after: Values, words: readonly string[]): RestartPreview['parameters'] {
  const valueOf = (values: Values, name: string) => {
    if (!Object.hasOwn(values, name)) return null
    return isSecretName(name, words) ? MASK : values[name]!
  }
  const names = new Set([...Object.keys(before), ...Object.keys(after)])
  return new Map(
    [...names].map(name => [name, { before: valueOf(before, name), after: valueOf(after, name) }])
  )
}

async function definitionNow(
  options: OperatorOptions,
  { instanceId, jsl, inline }: PreparedRestart,
  { application }: LatestExecution
): Promise<RestartPreview['definition']> {
  const { db } = options
  const run = await findRun(db, instanceId)
  if (run !== null && run.definition !== null) {
    const { definition: name, version } = run
    const newest = await findDefinition(db, name)
    if (newest === null) return { changed: false, note: `job definition ${name} was deleted` }
    const changed = (await findDefinitionJsl(db, name, newest.version)) !== jsl
    const note =
      newest.version === version ? null : `it runs version ${version}, the latest is ${newest.version}`
    return { changed, note }
  }
  const jobXMLName = (await findJobInstance(db, instanceId))?.jobXMLName ?? ''
  if (inline || jobXMLName === '') return { changed: false, note: null }
  try {
    const changed = (await options.known.packagedJsl(application, jobXMLName)) !== jsl
    return { changed, note: changed ? `${jobXMLName} of ${application} is another one now` : null }
  } catch (error) {
    if (!(error instanceof BatchError)) throw error
    // Of an application that this server does not have nothing can be said.
    return { changed: error.code === 'JobXMLUnknown', note: error.message }
  }
}

/** What would give itself away in a checkpoint; shorter ones would mask half of it. */
function secretValues(all: readonly Values[], words: readonly string[]): string[] {
  return all.flatMap(values =>
    Object.entries(values).flatMap(([name, value]) =>
      isSecretName(name, words) && value.length >= 4 ? [value] : []
    )
  )
}

function summaryOf(left: LeftCheckpoint, secrets: readonly string[]): CheckpointSummary {
  const { chunkNumber, itemsRead } = left
  return {
    chunkNumber,
    itemsRead,
    readerCheckpoint: shown(left.readerCheckpoint, secrets),
    writerCheckpoint: shown(left.writerCheckpoint, secrets)
  }
}

function shown(checkpoint: unknown, secrets: readonly string[]): string | null {
  if (checkpoint === null || checkpoint === undefined) return null
  let text = inspect(checkpoint, {
    breakLength: Infinity,
    depth: 4,
    maxArrayLength: 20,
    maxStringLength: 10_000
  })
  for (const secret of secrets) text = text.replaceAll(secret, MASK)
  return text.length <= LONGEST_CHECKPOINT ? text : `${text.slice(0, LONGEST_CHECKPOINT).toWellFormed()}…`
}
