// What a benchmark is to the harness: what it is given and what it hands back.
import type { BenchPostgres } from './bench-postgres.ts'

export interface Measurement {
  readonly what: string
  /** Of the values and of the reference, e.g. `jobs/s`, `ms`. */
  readonly unit: string
  /** One for each run. */
  readonly values: readonly number[]
  /** Measured in this run on this machine; its median is what the ratio divides by. */
  readonly reference?: { readonly name: string; readonly values: readonly number[] }
  /** As the design states it, e.g. `≥ 0.19 ×`. */
  readonly budget?: string
  /** A second figure of the same runs, e.g. the 95th percentile. */
  readonly aside?: string
}

export interface Bench {
  readonly postgres: BenchPostgres
  /** For this benchmark alone; removed after it. */
  readonly directory: string
  /** Shorter and smaller, to try the benchmark itself: its figures mean little. */
  readonly quick: boolean
  /** The sizes of the budgets where the usual ones are smaller, to keep a run of all short. */
  readonly full: boolean
  /** Instances of the generated history. */
  readonly instances: number
  /** Aborted by Ctrl-C, and when the benchmark's time is over. */
  readonly signal: AbortSignal
  /** Runs after the benchmark, whatever became of it; the last given first. */
  atEnd(release: () => Promise<unknown>): void
  say(line: string): void
}

export interface Benchmark {
  readonly name: string
  /** One sentence for the results. */
  readonly about: string
  /** Longest it may take. */
  readonly minutes: number
  /** Only when it is named: it explains figures and is none of the budgets. */
  readonly onlyByName?: boolean
  run(bench: Bench): Promise<readonly Measurement[]>
}

/** The results of `runs` calls, one after the other. */
export async function repeat<Result>(
  runs: number,
  run: (at: number) => Promise<Result>
): Promise<readonly Result[]> {
  const results: Result[] = []
  for (let at = 0; at < runs; at++) results.push(await run(at))
  return results
}
