// Schemas of the words that all answers share: ids, statuses, times.
import { Type } from 'typebox'
import { BATCH_STATUSES, type BatchStatus } from '../../batch/batch-status.ts'
import { INSTANCE_STATES, type InstanceState } from '../../batch/instance-state.ts'

/** Of instances, executions and step executions. */
export const Id = Type.Integer({ minimum: 1, format: 'int64' })

export const BatchStatusWord = Type.Unsafe<BatchStatus>({
  title: 'BatchStatus',
  type: 'string',
  enum: [...BATCH_STATUSES]
})

export const InstanceStateWord = Type.Unsafe<InstanceState>({
  title: 'InstanceState',
  type: 'string',
  enum: [...INSTANCE_STATES]
})

/** ISO 8601, UTC, with milliseconds. */
export const Time = Type.String({ format: 'date-time' })
export const TimeOrNull = Type.Union([Time, Type.Null()])
export const TextOrNull = Type.Union([Type.String(), Type.Null()])
