// The batch statuses of JSR-352 and the table of their moves: the CHECK constraints, the guards in the store and the
// chart in docs/batch-status.md are three prints of it (a test compares them).
import type { StatusEdge } from './status-edges.ts'

/** In JSR-352's order, which is also the order Liberty sorts by. */
export const BATCH_STATUSES = [
  'STARTING',
  'STARTED',
  'STOPPING',
  'STOPPED',
  'FAILED',
  'COMPLETED',
  'ABANDONED'
] as const

export type BatchStatus = (typeof BATCH_STATUSES)[number]

/** The statuses in which nothing runs any more. */
export const FINAL_BATCH_STATUSES = ['STOPPED', 'FAILED', 'COMPLETED', 'ABANDONED'] as const

export function isFinal(batchStatus: BatchStatus): boolean {
  return FINAL_BATCH_STATUSES.some(final => final === batchStatus)
}

/** How a unit of work can end by itself. */
export type EndStatus = 'COMPLETED' | 'FAILED' | 'STOPPED'

/**
 * start: a thread takes it up. stop: somebody asked. end: it ran to an end of its own. cancel: stopped before it began.
 * yield: a pause, or a recovery under `resume`, puts it back. recover: its server died, under `fail`. force: an operator
 * or the grace period ended it. restart: a job instance begins a new execution. abandon: JSR-352 JobOperator.abandon.
 */
export type BatchStatusEvent =
  'start' | 'stop' | 'end' | 'cancel' | 'yield' | 'recover' | 'force' | 'restart' | 'abandon'

export const BATCH_STATUS_EDGES: readonly StatusEdge<BatchStatus, BatchStatusEvent>[] = [
  { from: 'STARTING', to: 'STARTED', by: 'start' },
  { from: 'STARTED', to: 'STOPPING', by: 'stop' },
  { from: 'STARTING', to: 'STOPPED', by: 'cancel' },
  { from: 'STARTED', to: 'COMPLETED', by: 'end' },
  { from: 'STARTED', to: 'FAILED', by: 'end' },
  { from: 'STARTED', to: 'STOPPED', by: 'end' },
  { from: 'STOPPING', to: 'STOPPED', by: 'end' },
  { from: 'STOPPING', to: 'FAILED', by: 'end' },
  { from: 'STARTED', to: 'STARTING', by: 'yield' },
  { from: 'STARTING', to: 'FAILED', by: 'recover' },
  { from: 'STARTED', to: 'FAILED', by: 'recover' },
  { from: 'STOPPING', to: 'FAILED', by: 'recover' },
  { from: 'STARTING', to: 'STOPPED', by: 'recover' },
  { from: 'STARTED', to: 'STOPPED', by: 'recover' },
  { from: 'STOPPING', to: 'STOPPED', by: 'recover' },
  { from: 'STARTING', to: 'FAILED', by: 'force' },
  { from: 'STARTED', to: 'FAILED', by: 'force' },
  { from: 'STOPPING', to: 'FAILED', by: 'force' },
  { from: 'STARTING', to: 'STOPPED', by: 'force' },
  { from: 'STARTED', to: 'STOPPED', by: 'force' },
  { from: 'STOPPING', to: 'STOPPED', by: 'force' },
  { from: 'STOPPED', to: 'STARTING', by: 'restart' },
  { from: 'FAILED', to: 'STARTING', by: 'restart' },
  { from: 'STOPPING', to: 'ABANDONED', by: 'abandon' },
  { from: 'STOPPED', to: 'ABANDONED', by: 'abandon' },
  { from: 'FAILED', to: 'ABANDONED', by: 'abandon' },
  { from: 'COMPLETED', to: 'ABANDONED', by: 'abandon' }
]
