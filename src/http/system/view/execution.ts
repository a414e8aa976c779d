// A job execution as the routes of this server show it: unlike Liberty's, with the reason of its end.
import { Type, type Static } from 'typebox'
import type { JobExecutionDetail } from '../../../operator/job-operator.ts'
import { closedObject } from '../../open-api/closed-object.ts'
import { BatchStatusWord, Id, TextOrNull, Time, TimeOrNull } from '../../open-api/words.ts'

export const ExecutionView = closedObject(
  {
    executionId: Id,
    instanceId: Id,
    jobName: Type.String(),
    batchStatus: BatchStatusWord,
    exitStatus: TextOrNull,
    /** Why it ended as it did, where not the job decided. */
    reason: TextOrNull,
    /** Times that its server died under it, oldest first. */
    interruptions: Type.Array(
      closedObject({
        at: Time,
        reason: Type.String(),
        places: Type.Array(
          closedObject({
            stepName: Type.String(),
            partitionNumber: Type.Union([Type.Integer({ minimum: 0 }), Type.Null()]),
            afterChunk: Type.Integer({ minimum: 0 }),
            checkpoint: TextOrNull
          })
        )
      })
    ),
    startTime: TimeOrNull,
    endTime: TimeOrNull,
    lastUpdatedTime: Time
  },
  { title: 'Execution' }
)
export type ExecutionView = Static<typeof ExecutionView>

/** Times in ISO 8601, UTC. */
export function executionView(execution: JobExecutionDetail): ExecutionView {
  const { executionId, instanceId, jobName, batchStatus, exitStatus, reason } = execution
  return {
    executionId,
    instanceId,
    jobName,
    batchStatus,
    exitStatus,
    reason,
    interruptions:
      execution.interruptions?.map(({ at, reason, places }) => ({ at, reason, places: [...places] })) ?? [],
    startTime: execution.startTime?.toISOString() ?? null,
    endTime: execution.endTime?.toISOString() ?? null,
    lastUpdatedTime: execution.lastUpdatedTime.toISOString()
  }
}
