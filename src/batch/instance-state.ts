// Liberty's instance states and the table of their moves; the third print of it is in docs/batch-status.md.
import type { BatchStatusEvent } from './batch-status.ts'
import type { StatusEdge } from './status-edges.ts'

/** In the order Liberty names them. JMS_CONSUMED is an event only: the start writes DISPATCHED. */
export const INSTANCE_STATES = [
  'SUBMITTED',
  'JMS_QUEUED',
  'JMS_CONSUMED',
  'DISPATCHED',
  'FAILED',
  'STOPPED',
  'COMPLETED',
  'ABANDONED'
] as const

export type InstanceState = (typeof INSTANCE_STATES)[number]

/** States in which an instance may be purged. */
export const PURGEABLE_INSTANCE_STATES = ['FAILED', 'STOPPED', 'COMPLETED', 'ABANDONED'] as const

const waiting = ['SUBMITTED', 'JMS_QUEUED', 'JMS_CONSUMED'] as const

export const INSTANCE_STATE_EDGES: readonly StatusEdge<InstanceState, BatchStatusEvent>[] = [
  ...waiting.map(from => ({ from, to: 'DISPATCHED', by: 'start' }) as const),
  // A job that yielded, or was recovered under `resume`, is still DISPATCHED to the world when it starts again (E12).
  { from: 'DISPATCHED', to: 'DISPATCHED', by: 'start' },
  ...[...waiting, 'DISPATCHED' as const].flatMap(
    from =>
      [
        { from, to: 'STOPPED', by: 'cancel' },
        { from, to: 'STOPPED', by: 'force' },
        { from, to: 'FAILED', by: 'force' },
        { from, to: 'FAILED', by: 'recover' },
        { from, to: 'STOPPED', by: 'recover' }
      ] as const
  ),
  { from: 'DISPATCHED', to: 'COMPLETED', by: 'end' },
  { from: 'DISPATCHED', to: 'FAILED', by: 'end' },
  { from: 'DISPATCHED', to: 'STOPPED', by: 'end' },
  // Abandoned while it was STOPPING, its instance is DISPATCHED until then.
  { from: 'DISPATCHED', to: 'ABANDONED', by: 'abandon' },
  { from: 'FAILED', to: 'ABANDONED', by: 'abandon' },
  { from: 'STOPPED', to: 'ABANDONED', by: 'abandon' },
  { from: 'COMPLETED', to: 'ABANDONED', by: 'abandon' },
  { from: 'STOPPED', to: 'SUBMITTED', by: 'restart' },
  { from: 'FAILED', to: 'SUBMITTED', by: 'restart' },
  { from: 'STOPPED', to: 'JMS_QUEUED', by: 'restart' },
  { from: 'FAILED', to: 'JMS_QUEUED', by: 'restart' }
]
