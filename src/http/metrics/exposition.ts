// Prometheus' text format, version 0.0.4: small enough to be written here, and strict enough that one wrong line loses a scrape.

export type MetricType = 'counter' | 'gauge' | 'histogram'

export interface Sample {
  readonly labels?: Readonly<Record<string, string>>
  /** Behind the family's name: `_bucket`, `_sum`, `_count`. */
  readonly suffix?: string
  readonly value: number
}

export interface MetricFamily {
  readonly name: string
  readonly help: string
  readonly type: MetricType
  readonly samples: readonly Sample[]
}

export const EXPOSITION_TYPE = 'text/plain; version=0.0.4; charset=utf-8'

/** Families without samples are left out. */
export function exposition(families: readonly MetricFamily[]): string {
  return families
    .filter(({ samples }) => samples.length > 0)
    .map(({ name, help, type, samples }) =>
      [
        `# HELP ${name} ${help.replaceAll('\\', '\\\\').replaceAll('\n', '\\n')}`,
        `# TYPE ${name} ${type}`,
        ...samples.map(
          ({ labels = {}, suffix = '', value }) => `${name}${suffix}${labelText(labels)} ${numberText(value)}`
        ),
        ''
      ].join('\n')
    )
    .join('')
}

/** One sample without labels. */
export function metric(name: string, type: MetricType, help: string, value: number): MetricFamily {
  return { name, type, help, samples: [{ value }] }
}

export interface HistogramSamples {
  readonly labels: Readonly<Record<string, string>>
  /** As many as bounds: those up to each, and above the one before. */
  readonly counts: readonly number[]
  readonly count: number
  readonly sum: number
}

export function histogramSamples(
  bounds: readonly number[],
  { labels, counts, count, sum }: HistogramSamples
): Sample[] {
  let upTo = 0
  return [
    ...bounds.map((bound, at) => {
      upTo += counts[at]!
      return { suffix: '_bucket', labels: { ...labels, le: numberText(bound) }, value: upTo }
    }),
    { suffix: '_bucket', labels: { ...labels, le: '+Inf' }, value: count },
    { suffix: '_sum', labels, value: sum },
    { suffix: '_count', labels, value: count }
  ]
}

function labelText(labels: Readonly<Record<string, string>>): string {
  const pairs = Object.entries(labels).map(([name, value]) => `${name}="${escaped(value)}"`)
  return pairs.length === 0 ? '' : `{${pairs.join(',')}}`
}

function escaped(value: string): string {
  return value.replaceAll('\\', '\\\\').replaceAll('\n', '\\n').replaceAll('"', '\\"')
}

function numberText(value: number): string {
  if (Number.isNaN(value)) return 'NaN'
  return Number.isFinite(value) ? String(value) : value > 0 ? '+Inf' : '-Inf'
}
