// The eight counters of a step (JSR-352 Metric.MetricType) under their names, in Liberty's order.

export const METRICS = [
  'READ_COUNT',
  'WRITE_COUNT',
  'COMMIT_COUNT',
  'ROLLBACK_COUNT',
  'READ_SKIP_COUNT',
  'PROCESS_SKIP_COUNT',
  'FILTER_COUNT',
  'WRITE_SKIP_COUNT'
] as const

export type MetricName = (typeof METRICS)[number]

/** All eight, always; counts of this step execution (a restart begins at 0). */
export type Metrics = Record<MetricName, number>

export function noMetrics(): Metrics {
  return {
    READ_COUNT: 0,
    WRITE_COUNT: 0,
    COMMIT_COUNT: 0,
    ROLLBACK_COUNT: 0,
    READ_SKIP_COUNT: 0,
    PROCESS_SKIP_COUNT: 0,
    FILTER_COUNT: 0,
    WRITE_SKIP_COUNT: 0
  }
}
