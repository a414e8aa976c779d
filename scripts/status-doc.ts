// The tables and charts of docs/batch-status.md, printed from the tables in src/batch: a chart drawn by hand would lie soon.
import { BATCH_STATUS_EDGES, BATCH_STATUSES } from '../src/batch/batch-status.ts'
import { BULK_JOB_STATUS_EDGES, BULK_JOB_STATUSES } from '../src/batch/bulk-job-status.ts'
import { INSTANCE_STATE_EDGES, INSTANCE_STATES } from '../src/batch/instance-state.ts'
import type { StatusEdge } from '../src/batch/status-edges.ts'
import { UNIT_STATUS_EDGES, UNIT_STATUSES } from '../src/batch/unit-status.ts'

type Edges = readonly StatusEdge<string, string>[]

/** The printed blocks of docs/batch-status.md by name. */
export function statusBlocks(): Record<string, string> {
  return {
    batchStatus: `${chartOf(BATCH_STATUSES, BATCH_STATUS_EDGES)}\n\n${tableOf(BATCH_STATUS_EDGES)}`,
    instanceState: `${chartOf(INSTANCE_STATES, INSTANCE_STATE_EDGES)}\n\n${tableOf(INSTANCE_STATE_EDGES)}`,
    unitStatus: `${chartOf(UNIT_STATUSES, UNIT_STATUS_EDGES)}\n\n${tableOf(UNIT_STATUS_EDGES)}`
  }
}

/** Of docs/bulk-jobs.md. */
export function bulkStatusBlocks(): Record<string, string> {
  return {
    bulkJobStatus: `${chartOf(BULK_JOB_STATUSES, BULK_JOB_STATUS_EDGES)}\n\n${tableOf(BULK_JOB_STATUS_EDGES)}`
  }
}

/** One arrow for each pair of statuses, with everything that may make it. */
function chartOf(statuses: readonly string[], edges: Edges): string {
  const arrows = Map.groupBy(edges, ({ from, to }) => `${from} --> ${to}`)
  const order = (edge: StatusEdge<string, string>) =>
    statuses.indexOf(edge.from) * 100 + statuses.indexOf(edge.to)
  const lines = [...arrows]
    .toSorted(([, [a]], [, [b]]) => order(a!) - order(b!))
    .map(([arrow, group]) => `  ${arrow}: ${group.map(edge => edge.by).join(', ')}`)
  return ['```mermaid', 'stateDiagram-v2', ...lines, '```'].join('\n')
}

/** One row for each operation and the status it leads to: the guard of its update. */
function tableOf(edges: Edges): string {
  const rows = Map.groupBy(edges, ({ by, to }) => `| ${by} | ${to} |`)
  const lines = [...rows].map(([row, group]) => `${row} ${group.map(edge => edge.from).join(', ')} |`)
  return ['| operation | leads to | only from |', '| --- | --- | --- |', ...lines].join('\n')
}
