// What the next execution of an instance would find, put together as for the thread that would run it, and foretold from it.
import { foretellRestart, type ForetoldRestart } from '../executor/foretell-restart.ts'
import type { JobModel } from '../jsl/job-model.ts'
import { listBatchSteps } from '../store/batch-steps.ts'
import type { Database } from '../store/database.ts'
import { findRestartOn } from '../store/restarts.ts'
import { latestSteps } from '../store/step-starts.ts'
import { listStepsLeft, type StoredCheckpoint } from '../store/steps-left.ts'

export type { ForetoldStep } from '../executor/foretell-restart.ts'

export interface LeftCheckpoint extends StoredCheckpoint {
  /** Up to it, over all attempts. */
  readonly itemsRead: number
}

export async function foretellRestartOf(
  db: Database,
  instance: { readonly instanceId: number; readonly latestExecutionId: number },
  job: JobModel
): Promise<ForetoldRestart<LeftCheckpoint>> {
  const { instanceId, latestExecutionId } = instance
  const left = new Map((await listStepsLeft(db, instanceId)).map(step => [step.stepName, step]))
  const read = new Map(
    (await listBatchSteps(db, [instanceId])).map(({ stepName, itemsRead }) => [stepName, itemsRead])
  )
  const previous = (await latestSteps(db, instanceId)).map(step => {
    const { checkpoint = null, partitions = [] } = left.get(step.stepName) ?? {}
    const items = read.get(step.stepName) ?? {}
    const counted = (found: StoredCheckpoint | null, partitionNumber: number) =>
      found === null ? null : { ...found, itemsRead: items[partitionNumber] ?? 0 }
    return {
      ...step,
      checkpoint: counted(checkpoint, 0),
      partitions: partitions.map(partition => ({
        ...partition,
        checkpoint: counted(partition.checkpoint, partition.partitionNumber)
      }))
    }
  })
  const restartOn = await findRestartOn(db, latestExecutionId)
  return foretellRestart(job, restartOn, new Map(previous.map(step => [step.stepName, step])))
}
