// Runs the chunk of one step execution or partition: artifacts, open, chunks, close (JSR-352 §11.6 to §11.10).
import { type Clock, systemClock } from '../../service/clock.ts'
import { toError } from '../artifact-error.ts'
import type { StepScope } from '../step/step-scope.ts'
import { Yielded } from '../unit-port.ts'
import { type ChunkHooks, type ChunkRun, createChunkRun } from './chunk-run.ts'
import { throwIfFenced } from './fenced-error.ts'
import { closeArtifacts, openArtifacts } from './open-close.ts'
import { giveUp } from './roll-back.ts'
import { type ChunkStepEnd, runChunks } from './run-chunks.ts'

export type { ChunkStepEnd } from './run-chunks.ts'

/**
 * Keeps `scope.stepContext` (metrics, exception) and `scope.chunk` up to date and commits persistent user data with each
 * chunk; step listeners and the step's statuses belong to the caller. `completed` only when the reader answered that there
 * is no more. Rejects with Fenced only, and calls no user code after it.
 */
export async function runChunkStep(
  scope: StepScope,
  hooks: ChunkHooks,
  clock: Clock = systemClock
): Promise<ChunkStepEnd> {
  const { work } = scope.step
  if (work.kind !== 'chunk') throw new Error(`Step ${scope.step.id} has no chunk`)
  let run: ChunkRun
  try {
    run = await createChunkRun(scope, work, hooks, clock)
  } catch (thrown) {
    throwIfFenced(thrown)
    scope.stepContext.exception = toError(thrown)
    return { kind: 'failed', error: scope.stepContext.exception }
  }
  const end = await runOpened(run)
  await release(run)
  return end
}

async function runOpened(run: ChunkRun): Promise<ChunkStepEnd> {
  try {
    const opened = await openArtifacts(run)
    const end = opened === 'stopping' ? ({ kind: 'stopped' } as const) : await runChunks(run)
    if (end.kind !== 'failed') await closeArtifacts(run)
    if (end.kind !== 'yields') return end
  } catch (thrown) {
    throwIfFenced(thrown)
    const error = toError(thrown)
    await giveUp(run, null, error)
    return { kind: 'failed', error }
  }
  // The last chunk stands: the step goes on from it elsewhere, as if nothing had happened (ENGINE E12).
  await release(run)
  throw new Yielded()
}

async function release(run: ChunkRun): Promise<void> {
  try {
    await run.transaction.release()
  } catch (thrown) {
    throwIfFenced(thrown)
    run.scope.log.warn('The connection of the chunks could not be given back', thrown)
  }
}
