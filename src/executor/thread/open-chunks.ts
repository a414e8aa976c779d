// The seam to the job repository: the only place where an executor thread meets the store, and only at its first chunk.
import type { ChunkTarget, ChunkTransactions, UnitOrder } from '../unit-port.ts'
import type { ThreadSettings } from './messages.ts'

/** Chunk transactions on the thread's own connection, guarded by the claim that `order` names (ENGINE E9). */
export async function openChunks(
  settings: ThreadSettings,
  order: UnitOrder,
  _target: ChunkTarget
): Promise<ChunkTransactions> {
  throw new Error(
    `unit ${order.unitId} has a chunk, and its thread for application ${settings.application.name} has no job repository`
  )
}
