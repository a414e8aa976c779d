// What monitoring is told of the batch server; docs/metrics.md has the same names, and a test compares.
import { UNIT_KINDS, UNIT_STATUSES, WAIT_REASONS } from '../../batch/unit-status.ts'
import type { ServerFigures } from '../../operator/server-figures.ts'
import { histogramSamples, type MetricFamily, metric } from './exposition.ts'

const NOTHING = { counts: [], count: 0, sum: 0 }

export function batchMetrics({ dispatch, repository, pools }: ServerFigures): MetricFamily[] {
  const { claims, chunks, fences, crashes, durations, durationBounds, leaseAge, threads } = dispatch
  const ends = ['COMPLETED', 'FAILED', 'STOPPED'] as const
  return [
    metric(
      'batchyard_database_up',
      'gauge',
      'Whether PostgreSQL answered; 0: what comes from it is missing.',
      repository === null ? 0 : 1
    ),
    ...repositoryMetrics(repository),
    metric('batchyard_claims_total', 'counter', 'Units that this server has claimed.', claims),
    {
      name: 'batchyard_chunks_total',
      type: 'counter',
      help: 'Chunks that this server has brought to their end.',
      samples: [
        { labels: { outcome: 'committed' }, value: chunks.committed },
        { labels: { outcome: 'rolled_back' }, value: chunks.rolledBack }
      ]
    },
    metric(
      'batchyard_fences_total',
      'counter',
      'Units whose work was thrown away here: another server had them, or they were ended from outside.',
      fences
    ),
    metric('batchyard_crashes_total', 'counter', 'Units that ended because their thread did.', crashes),
    {
      name: 'batchyard_job_duration_seconds',
      type: 'histogram',
      help: 'Job executions that ended on this server, from when it began them.',
      samples: ends.flatMap(status =>
        histogramSamples(durationBounds, {
          labels: { status },
          ...(durations[status] ?? { ...NOTHING, counts: durationBounds.map(() => 0) })
        })
      )
    },
    metric('batchyard_lease_age_seconds', 'gauge', 'Since this server last proved that it lives.', leaseAge),
    {
      name: 'batchyard_threads',
      type: 'gauge',
      help: 'Executor threads of this server.',
      samples: [
        { labels: { state: 'busy' }, value: threads.live - threads.idle },
        { labels: { state: 'idle' }, value: threads.idle }
      ]
    },
    {
      name: 'batchyard_pool_connections',
      type: 'gauge',
      help: 'Connections to PostgreSQL in the pools of this server.',
      samples: Object.entries(pools).flatMap(([pool, { used, free }]) => [
        { labels: { pool, state: 'used' }, value: used },
        { labels: { pool, state: 'free' }, value: free }
      ])
    },
    {
      name: 'batchyard_pool_limit',
      type: 'gauge',
      help: 'Most connections of a pool.',
      samples: Object.entries(pools).map(([pool, { max }]) => ({ labels: { pool }, value: max }))
    },
    {
      name: 'batchyard_pool_waiting',
      type: 'gauge',
      help: 'Callers that wait for a connection of a pool.',
      samples: Object.entries(pools).map(([pool, { waiting }]) => ({ labels: { pool }, value: waiting }))
    }
  ]
}

/** Of all servers together: each tells the same. What there is none of at the moment is 0, so that no series breaks off. */
function repositoryMetrics(repository: ServerFigures['repository']): MetricFamily[] {
  if (repository === null) return []
  const { units, servers } = repository
  const reasons = (status: string) => (status === 'WAITING' ? WAIT_REASONS : [''])
  return [
    {
      name: 'batchyard_units',
      type: 'gauge',
      help: 'Units of work in the job repository.',
      samples: UNIT_KINDS.flatMap(kind =>
        UNIT_STATUSES.flatMap(status =>
          reasons(status).map(waitsFor => ({
            labels: { kind, status, waits_for: waitsFor },
            value:
              units.find(
                unit => unit.kind === kind && unit.status === status && (unit.waitsFor ?? '') === waitsFor
              )?.units ?? 0
          }))
        )
      )
    },
    metric(
      'batchyard_oldest_ready_seconds',
      'gauge',
      'How long the unit that waits longest could have begun, if a server had a thread for it.',
      Math.max(
        0,
        ...units.filter(({ status }) => status === 'READY').map(({ oldestSeconds }) => oldestSeconds)
      )
    ),
    {
      name: 'batchyard_server_lease_seconds',
      type: 'gauge',
      help: 'Until a server counts as dead, by the clock of PostgreSQL.',
      samples: servers.map(({ serverId, leaseSeconds }) => ({
        labels: { server: serverId },
        value: leaseSeconds
      }))
    },
    {
      name: 'batchyard_server_free_threads',
      type: 'gauge',
      help: 'Units a server could begin at once, as it said with its last proof of life.',
      samples: servers.map(({ serverId, freeThreads }) => ({
        labels: { server: serverId },
        value: freeThreads
      }))
    }
  ]
}
