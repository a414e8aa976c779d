// The seam to the job repository: the only place where an executor thread meets the store, and only at its first chunk.
import { ClaimLost, RepositoryChunkTransactions } from '../../store/chunk-transactions.ts'
import type { SessionOptions } from '../../store/database.ts'
import { type ChunkTarget, type ChunkTransactions, Fenced, type UnitOrder } from '../unit-port.ts'
import type { ChunkTally } from './chunk-tally.ts'
import type { ThreadSettings } from './messages.ts'

/** Chunk transactions on the thread's own connection, guarded by the claim that `order` names (ENGINE E9). */
export function openChunks(
  settings: ThreadSettings,
  order: UnitOrder,
  seq: number,
  target: ChunkTarget,
  gate: () => Promise<void> | null,
  tally?: Pick<ChunkTally, 'committed' | 'rolledBack'>
): { readonly transactions: ChunkTransactions; seq(): number } {
  const database = settings.database as SessionOptions | null
  if (database === null) {
    throw new Error(
      `unit ${order.unitId} has a chunk, and its thread for application ${settings.application.name} has no job repository`
    )
  }
  const repository = new RepositoryChunkTransactions({
    session: database,
    claim: { unitId: order.unitId, epoch: order.epoch },
    seq,
    target: {
      stepExecutionId: target.stepExecutionId,
      partitionNumber: target.kind === 'partition' ? target.partitionNumber : null
    }
  })
  return {
    seq: () => repository.seq,
    transactions: {
      connection: repository.connection,
      get lost() {
        return repository.lost
      },
      begin: async timeoutSeconds => {
        await gate()
        await repository.begin(timeoutSeconds)
      },
      savepoint: () => repository.savepoint(),
      rollbackToSavepoint: () => repository.rollbackToSavepoint(),
      releaseSavepoint: () => repository.releaseSavepoint(),
      async commit(checkpoint) {
        const committed = await fenced(repository.commit(checkpoint))
        // Without a checkpoint it was an open or a close.
        if (checkpoint !== null) tally?.committed()
        return committed
      },
      async rollback() {
        tally?.rolledBack()
        await repository.rollback()
      },
      release: () => repository.release()
    }
  }
}

async function fenced<T>(call: Promise<T>): Promise<T> {
  try {
    return await call
  } catch (error) {
    if (error instanceof ClaimLost) throw new Fenced(error.message, { cause: error })
    throw error
  }
}
