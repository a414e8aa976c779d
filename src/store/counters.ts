// The eight counters as columns: one list for reading, writing and summing them.
import { METRICS, type Metrics } from '../batch/metrics.ts'

/** `select` list that builds a Metrics object from a row (or, with `sum`, from many) of alias `of`. */
export function metricsJson(of: string, aggregate: 'one' | 'sum'): string {
  const pairs = METRICS.map(name => {
    const column = `${of}.${name.toLowerCase()}`
    return `'${name}', ${aggregate === 'sum' ? `coalesce(sum(${column}), 0)` : column}`
  })
  return `json_build_object(${pairs.join(', ')})`
}

/** `column = value` list that takes the counters from the json `from`, or leaves them as they are where it is null. */
export function countersIfGiven(from: string, of: string): string {
  return METRICS.map(name => {
    const column = name.toLowerCase()
    return `${column} = coalesce((${from}->>'${name}')::bigint, ${of}.${column})`
  }).join(', ')
}

export function metricsOf(json: Record<string, number | string>): Metrics {
  return Object.fromEntries(METRICS.map(name => [name, Number(json[name] ?? 0)])) as Metrics
}
