// When a chunk ends, and what is stored with it: the checkpoint policies of JSR-352 §8.2.1 and the checkpoint itself.
import { setImmediate } from 'node:timers/promises'
import type { Checkpoint } from '../unit-port.ts'
import { metricsWith } from './chunk-metrics.ts'
import type { ChunkRun } from './chunk-run.ts'
import type { ChunkUnderWay } from './chunk-under-way.ts'

/** Milliseconds a chunk may keep the thread's event loop: a stop comes as a message, and artifacts that never wait would not let it in. */
const LONGEST_TURN = 50

/**
 * Is the pass just made the chunk's last? Asked after each. `tookItem`: neither its read nor its process was skipped. A
 * promise only when there is something to wait for.
 */
export function isLastPass(
  run: ChunkRun,
  chunk: ChunkUnderWay,
  tookItem: boolean
): boolean | Promise<boolean> {
  const now = run.clock.now()
  if (now - chunk.yieldedAt > LONGEST_TURN) return yieldThenAsk(run, chunk, tookItem, now)
  return isDue(run, chunk, tookItem, now)
}

async function yieldThenAsk(
  run: ChunkRun,
  chunk: ChunkUnderWay,
  tookItem: boolean,
  now: number
): Promise<boolean> {
  await setImmediate()
  chunk.yieldedAt = run.clock.now()
  return await isDue(run, chunk, tookItem, now)
}

function isDue(
  run: ChunkRun,
  chunk: ChunkUnderWay,
  tookItem: boolean,
  now: number
): boolean | Promise<boolean> {
  const { model, algorithm } = run
  // JSR-352 §11.13: the current item is finished, then written with the buffer.
  if (run.scope.stop.requested) return true
  // JSR-352 §8.2.1.4.3: item by item, whatever the policy, until the point of the failure has been passed.
  if (chunk.redoing) return tookItem
  if (algorithm) return tookItem && asks(algorithm)
  if (model.timeLimit > 0 && now - chunk.startedAt >= model.timeLimit * 1000) return true
  // Items read count, skipped reads do not. As in JBeret the count is looked at after an item that was not skipped; so
  // that a run of skips cannot make the chunk endless, it is let go over by one.
  return chunk.read >= model.itemCount + (tookItem ? 0 : 1)
}

function asks(algorithm: NonNullable<ChunkRun['algorithm']>): boolean | Promise<boolean> {
  const ready: unknown = algorithm.isReadyToCheckpoint()
  return typeof ready === 'boolean' ? ready : Promise.resolve(ready).then(Boolean)
}

/** Seconds the transaction of the next chunk may take: the algorithm's, if it sets one, else the step's. */
export async function beginCheckpoint(run: ChunkRun): Promise<number> {
  const { algorithm } = run
  if (!algorithm) return run.timeoutSeconds
  const seconds = await algorithm.checkpointTimeout?.()
  await algorithm.beginCheckpoint?.()
  return typeof seconds === 'number' && seconds > 0 ? seconds : run.timeoutSeconds
}

/** Asks reader and writer. The values still belong to them: whoever keeps them beyond the commit takes a copy. */
export async function takeCheckpoint(run: ChunkRun, chunk: ChunkUnderWay): Promise<Checkpoint> {
  const { reader, writer, scope } = run
  const readerCheckpoint = (await reader.checkpointInfo?.()) ?? null
  const writerCheckpoint = (await writer.checkpointInfo?.()) ?? null
  return {
    readerCheckpoint,
    writerCheckpoint,
    persistentUserData: scope.stepContext.persistentUserData,
    chunkNumber: run.chunkNumber + 1,
    metrics: metricsWith(scope.stepContext.metrics, chunk)
  }
}
