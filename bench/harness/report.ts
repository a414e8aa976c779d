// Results as a table: to read at once, and kept in bench/results.md, where each run replaces the sections it measured.
import { readFile, writeFile } from 'node:fs/promises'
import path from 'node:path'
import type { Benchmark, Measurement } from './benchmark.ts'
import { spreadOf } from './spread.ts'

const FILE = path.resolve(import.meta.dirname, '../results.md')

const HEAD = `# Results

Printed by \`npm run bench\`: the last run of each benchmark, with the machine it ran on. Values are medians of the runs with
the least and the greatest; a ratio divides by the median of the reference, measured in the same run on the same machine.
`

const TITLES = ['what', 'unit', 'median', 'min … max', 'runs', 'reference', 'ratio', 'budget', 'beside it']

export function tableOf(measurements: readonly Measurement[]): string {
  const lines = [TITLES, ...measurements.map(cellsOf)]
  const widths = TITLES.map((_, at) => Math.max(...lines.map(line => line[at]!.length)))
  const printed = lines.map(line => `| ${line.map((cell, at) => cell.padEnd(widths[at]!)).join(' | ')} |`)
  printed.splice(1, 0, `| ${widths.map(width => '-'.repeat(width)).join(' | ')} |`)
  return printed.join('\n')
}

function cellsOf({ what, unit, values, reference, budget, aside }: Measurement): readonly string[] {
  const { median, min, max, runs } = spreadOf(values)
  const beside = reference === undefined ? null : spreadOf(reference.values)
  return [
    what,
    unit,
    figure(median),
    `${figure(min)} … ${figure(max)}`,
    String(runs),
    beside === null
      ? ''
      : `${reference!.name}: ${figure(beside.median)} (${figure(beside.min)} … ${figure(beside.max)})`,
    beside === null ? '' : `${(median / beside.median).toFixed(3)} ×`,
    budget ?? '',
    aside ?? ''
  ]
}

/** In Markdown a pair of stars is emphasis, and the formatter writes it its own way. */
function escaped(measurement: Measurement): Measurement {
  return { ...measurement, what: measurement.what.replaceAll('*', '\\*') }
}

/** Three digits that mean something. */
function figure(value: number): string {
  if (value >= 1000) return Math.round(value).toLocaleString('en-US')
  return value >= 100 ? value.toFixed(0) : value.toFixed(value >= 10 ? 1 : 2)
}

/** Replaces the benchmark's section, or adds it; sections stand in the order of their names. */
export async function keepResults(
  { name, about }: Benchmark,
  machine: readonly string[],
  measurements: readonly Measurement[]
): Promise<void> {
  const kept = await readFile(FILE, 'utf8').catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return ''
    throw error
  })
  const sections = new Map(
    kept
      .split(/^## /m)
      .slice(1)
      .map(section => [section.slice(0, section.indexOf('\n')), section])
  )
  const notes = machine.map(line => `- ${line}`).join('\n')
  sections.set(name, `${name}\n\n${about}\n\n${notes}\n\n${tableOf(measurements.map(escaped))}\n`)
  const bodies = [...sections.keys()].toSorted().map(key => `## ${sections.get(key)!.trimEnd()}\n`)
  await writeFile(FILE, [HEAD, ...bodies].join('\n'))
}
