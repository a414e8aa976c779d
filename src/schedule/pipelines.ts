// Pipeline batches (document 003): a pipeline is a job definition, a batch one of its runs, whatever started it.
import { setTimeout as delay } from 'node:timers/promises'
import { BatchError } from '../batch/batch-error.ts'
import { isFinal } from '../batch/batch-status.ts'
import { batchIdOf, type PipelineBatch } from '../batch/pipeline-batch.ts'
import type { Run } from '../batch/run.ts'
import { refusal, requireAnyRole, mayRead } from '../operator/authorization.ts'
import type { Caller } from '../operator/caller.ts'
import type { PurgeOptions } from '../operator/purge-result.ts'
import { definitionWasThere } from '../store/definitions.ts'
import { findHold } from '../store/holds.ts'
import { findOwner } from '../store/owners.ts'
import { findRun } from '../store/runs.ts'
import type { JobDefinitions } from './job-definitions.ts'
import { createPipelineViews } from './pipeline-views.ts'
import type { Runs } from './runs.ts'
import type { SchedulingOptions } from './scheduling-options.ts'

export interface PipelinePage {
  /** Newest first. */
  readonly batches: readonly PipelineBatch[]
  readonly more: boolean
}

export interface Pipelines {
  /** The id of its job instance. `version`: as it was asked for; `null` = the latest. */
  start(pipeline: string, version: string | null, caller: Caller): Promise<number>
  /** The newest that the caller may see. */
  latest(pipeline: string, caller: Caller): Promise<PipelineBatch>
  batch(pipeline: string, instanceId: number, caller: Caller): Promise<PipelineBatch>
  /** `before`: an instance id, only what is older; `null` = from the newest. */
  list(
    pipeline: string,
    page: { readonly before: number | null; readonly limit: number },
    caller: Caller
  ): Promise<PipelinePage>
  /** Resolves when it has ended, or when waiting for that has taken long; rejects where it was not running. */
  stop(pipeline: string, instanceId: number, caller: Caller): Promise<void>
  /** Stops it first where it runs, and purges it when it has ended; JobNotPurgeable where it takes too long to end. */
  remove(pipeline: string, instanceId: number, purge: PurgeOptions, caller: Caller): Promise<void>
}

/** A stop is a promise that it ends: whoever asked for it is told so by then, though it has not yet. */
const STOP_WAIT_MS = 10_000
/** How much longer than `endSeconds` a DELETE waits, and no longer than a client would. */
const END_MARGIN = 1.5
const LONGEST_END_WAIT_MS = 300_000
const SHORTEST_LOOK_MS = 20
const LONGEST_LOOK_MS = 500

export function createPipelines(
  options: Pick<SchedulingOptions, 'db' | 'operator' | 'endSeconds'>,
  definitions: JobDefinitions,
  runs: Runs
): Pipelines {
  const { db, operator } = options
  const endWaitMs = Math.min(END_MARGIN * options.endSeconds * 1000, LONGEST_END_WAIT_MS)
  const views = createPipelineViews(db)

  /** Also of a definition that was deleted: its history stays. */
  async function requirePipeline(pipeline: string, caller: Caller): Promise<void> {
    requireAnyRole(caller)
    if (!(await definitionWasThere(db, pipeline))) throw new BatchError('NoSuchDefinition', [pipeline])
  }

  async function runOf(pipeline: string, instanceId: number, caller: Caller): Promise<Run> {
    await requirePipeline(pipeline, caller)
    const run = await findRun(db, instanceId)
    const owner = await findOwner(db, 'jobInstance', instanceId)
    if (run === null || owner === null || run.definition !== pipeline)
      throw new BatchError('NoSuchBatch', [pipeline, batchIdOf(instanceId)])
    if (run.schedule === null && !mayRead(caller, owner)) throw refusal(caller, owner)
    return run
  }

  async function newest(
    pipeline: string,
    page: { readonly before: number | null; readonly limit: number },
    caller: Caller
  ) {
    await requirePipeline(pipeline, caller)
    const any = {
      schedules: [],
      scheduleId: null,
      ofSchedules: false,
      batchStatuses: null,
      from: null,
      to: null
    }
    return await runs.search({ ...any, ...page, definitions: [pipeline] }, caller)
  }

  /** Says whether it has ended by then. */
  async function ended(instanceId: number, withinMs: number): Promise<boolean> {
    let look = SHORTEST_LOOK_MS
    for (const deadline = performance.now() + withinMs; ; look = Math.min(look * 1.5, LONGEST_LOOK_MS)) {
      const run = await findRun(db, instanceId)
      if (run === null || isFinal(run.batchStatus)) return true
      if (performance.now() + look > deadline) return false
      await delay(look)
    }
  }

  return {
    async start(pipeline, version, caller) {
      const number = version === null ? null : versionNumber(version)
      if (number === undefined) {
        await definitions.definition(pipeline, null, caller)
        throw new BatchError('NoSuchDefinitionVersion', [pipeline, JSON.stringify(version!.slice(0, 60))])
      }
      const start = { version: number, parameters: {}, trigger: 'pipeline' } as const
      return (await definitions.run(pipeline, start, caller)).instanceId
    },
    async latest(pipeline, caller) {
      const [run] = (await newest(pipeline, { before: null, limit: 1 }, caller)).runs
      if (run === undefined) throw new BatchError('NoSuchBatch', [pipeline, 'yet'])
      return (await views.of([run]))[0]!
    },
    async batch(pipeline, instanceId, caller) {
      return (await views.of([await runOf(pipeline, instanceId, caller)]))[0]!
    },
    async list(pipeline, page, caller) {
      const found = await newest(pipeline, page, caller)
      return { batches: await views.of(found.runs), more: found.more }
    },
    async stop(pipeline, instanceId, caller) {
      await runOf(pipeline, instanceId, caller)
      await operator.stopInstance(instanceId, caller)
      await ended(instanceId, STOP_WAIT_MS)
    },
    async remove(pipeline, instanceId, purge, caller) {
      const { batchStatus } = await runOf(pipeline, instanceId, caller)
      // What is held is not to be stopped for a purge that is refused.
      if (!isFinal(batchStatus) && (await findHold(db, instanceId)) === null) {
        await stopUnlessEnded(operator.stopInstance(instanceId, caller))
        await ended(instanceId, endWaitMs)
      }
      await operator.purge(instanceId, purge, caller)
    }
  }
}

/** It may end by itself just before; that is as good. */
async function stopUnlessEnded(stop: Promise<unknown>): Promise<void> {
  try {
    await stop
  } catch (error) {
    if (!(error instanceof BatchError && error.code === 'JobExecutionNotRunning')) throw error
  }
}

const MOST_VERSIONS = 2_147_483_647

/** `undefined`: there can be none of this name. */
function versionNumber(text: string): number | undefined {
  return /^[1-9]\d{0,9}$/.test(text) && Number(text) <= MOST_VERSIONS ? Number(text) : undefined
}
