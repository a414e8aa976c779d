// The statuses of a bulk job and the table of their moves (requirement document 002): the CHECK constraint, the guards in the
// store and the chart in docs/batch-status.md are prints of it.
import type { StatusEdge } from './status-edges.ts'

export const BULK_JOB_STATUSES = [
  'New',
  'Preparing',
  'Suspended',
  'Ready',
  'Active',
  'Pausing',
  'Paused',
  'Completing',
  'Complete',
  'Cancelling',
  'Cancelled',
  'Failing',
  'Failed'
] as const

export type BulkJobStatus = (typeof BULK_JOB_STATUSES)[number]

/** They never change again (R002-24). */
export const FINAL_BULK_JOB_STATUSES = ['Complete', 'Cancelled', 'Failed'] as const satisfies BulkJobStatus[]

/**
 * prepare: a server begins to read the manifest. ready, suspend: all of it is read, and it waits for its turn or to be
 * confirmed. activate: its turn has come. pause: one of higher priority has come, and its work is to stop; paused: it has
 * stopped. resume: nothing of higher priority is left. complete: every task has an outcome. cancel: somebody asked, here or
 * by a stop of its job instance. fail: it cannot go on. end: work has stopped and the report is written.
 */
export type BulkJobEvent =
  | 'prepare'
  | 'ready'
  | 'suspend'
  | 'confirm'
  | 'activate'
  | 'pause'
  | 'paused'
  | 'resume'
  | 'complete'
  | 'cancel'
  | 'fail'
  | 'end'

export const BULK_JOB_STATUS_EDGES: readonly StatusEdge<BulkJobStatus, BulkJobEvent>[] = [
  { from: 'New', to: 'Preparing', by: 'prepare' },
  { from: 'Preparing', to: 'Ready', by: 'ready' },
  { from: 'Preparing', to: 'Suspended', by: 'suspend' },
  { from: 'Suspended', to: 'Ready', by: 'confirm' },
  { from: 'Ready', to: 'Active', by: 'activate' },
  { from: 'Active', to: 'Pausing', by: 'pause' },
  { from: 'Pausing', to: 'Paused', by: 'paused' },
  { from: 'Paused', to: 'Active', by: 'resume' },
  { from: 'Active', to: 'Completing', by: 'complete' },
  { from: 'New', to: 'Cancelling', by: 'cancel' },
  { from: 'Preparing', to: 'Cancelling', by: 'cancel' },
  { from: 'Suspended', to: 'Cancelling', by: 'cancel' },
  { from: 'Ready', to: 'Cancelling', by: 'cancel' },
  { from: 'Active', to: 'Cancelling', by: 'cancel' },
  { from: 'Pausing', to: 'Cancelling', by: 'cancel' },
  { from: 'Paused', to: 'Cancelling', by: 'cancel' },
  { from: 'Preparing', to: 'Failing', by: 'fail' },
  { from: 'Active', to: 'Failing', by: 'fail' },
  { from: 'Completing', to: 'Complete', by: 'end' },
  { from: 'Cancelling', to: 'Cancelled', by: 'end' },
  { from: 'Failing', to: 'Failed', by: 'end' }
]

/** The statuses from which this may happen and lead there: the guard of its update. */
export function bulkJobGuard(by: BulkJobEvent, to: BulkJobStatus): readonly BulkJobStatus[] {
  return BULK_JOB_STATUS_EDGES.filter(edge => edge.by === by && edge.to === to).map(edge => edge.from)
}

export function isFinalBulkJobStatus(status: BulkJobStatus): boolean {
  return (FINAL_BULK_JOB_STATUSES as readonly string[]).includes(status)
}
