// Partitions that meet, wait or fail as a test wants it, and an analyzer and a reducer that leave a trace of all they are told.
import { appendFileSync, existsSync, mkdirSync, readdirSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import type {
  Injected,
  ItemReader,
  PartitionAnalyzer,
  PartitionCollector,
  PartitionReducer
} from '../../../../src/batch/artifacts.ts'

/** Says that it has begun, in a folder shared with the others, and waits for as many as are named to have done so. */
async function meet({ jobParameters, partitionNumber, signal }: Injected): Promise<void> {
  const folder = jobParameters['meet']
  if (folder === undefined) return
  mkdirSync(folder, { recursive: true })
  writeFileSync(path.join(folder, `${partitionNumber}`), '')
  while (readdirSync(folder).length < Number(jobParameters['partners']) && !signal.aborted) await delay(10)
}

/** Waits for the file `go`, if one is named, or for a stop. */
async function allowed({ jobParameters, signal }: Injected): Promise<void> {
  const { go } = jobParameters
  while (go !== undefined && !existsSync(go) && !signal.aborted) await delay(10)
}

/** 1 to `items`, with `millis` before each; waits for `go` after its 45th; partition `fail` fails at its 15th. */
export class Numbers implements ItemReader<number, number> {
  readonly #injected: Injected
  #last = 0

  constructor(injected: Injected) {
    this.#injected = injected
  }

  async open(checkpoint: number | null): Promise<void> {
    this.#last = checkpoint ?? 0
    if (this.#last === 0) await meet(this.#injected)
  }

  async readItem(): Promise<number | null> {
    const { jobParameters, partitionNumber } = this.#injected
    if (this.#last === Number(jobParameters['items'])) return null
    const millis = Number(jobParameters['millis'] ?? 0)
    if (millis > 0) await delay(millis)
    if (this.#last === 45) await allowed(this.#injected)
    if (this.#last === 14 && jobParameters['fail'] === `${partitionNumber}`) throw new Error('on purpose')
    return ++this.#last
  }

  checkpointInfo(): number {
    return this.#last
  }
}

export async function ledgerWriter(
  items: number[],
  { connection, jobContext, partitionNumber, stepContext }: Injected
): Promise<void> {
  stepContext.persistentUserData = items.at(-1)
  await connection.query(
    'insert into ledger.entry (instance_id, partition_number, n) select $1, $2, unnest($3::integer[])',
    [jobContext.instanceId, partitionNumber, items]
  )
}

/** How far its partition has come: by what is written, by the counters, and by the property that its plan gives. */
export class Collector implements PartitionCollector {
  readonly #injected: Injected

  constructor(injected: Injected) {
    this.#injected = injected
  }

  collectPartitionData(): unknown {
    const { jobParameters, partitionNumber, stepContext, properties } = this.#injected
    const bytes = Number(jobParameters['collect.bytes'] ?? 0)
    return {
      partition: partitionNumber,
      last: stepContext.persistentUserData ?? 0,
      written: stepContext.metrics.WRITE_COUNT,
      ...(properties['name'] === undefined ? {} : { name: properties['name'] }),
      ...(bytes > 0 ? { rest: 'x'.repeat(bytes) } : {})
    }
  }
}

function trace({ jobParameters }: Injected, line: object): void {
  appendFileSync(jobParameters['trace']!, `${JSON.stringify(line)}\n`)
}

export class Analyzer implements PartitionAnalyzer {
  readonly #injected: Injected

  constructor(injected: Injected) {
    this.#injected = injected
  }

  analyzeCollectorData(data: unknown): void {
    trace(this.#injected, { data })
  }

  analyzeStatus(batchStatus: string, exitStatus: string): void {
    trace(this.#injected, { batchStatus, exitStatus })
  }
}

export class Reducer implements PartitionReducer {
  readonly #injected: Injected

  constructor(injected: Injected) {
    this.#injected = injected
  }

  beginPartitionedStep(): void {
    trace(this.#injected, { reducer: 'begin' })
  }

  beforePartitionedStepCompletion(): void {
    trace(this.#injected, { reducer: 'before completion' })
  }

  rollbackPartitionedStep(): void {
    trace(this.#injected, { reducer: 'rollback' })
  }

  afterPartitionedStepCompletion(status: string): void {
    trace(this.#injected, { reducer: `after ${status}` })
  }
}

/** Meets the others, and ends when the file `go` is there or a stop comes. */
export async function meeting(injected: Injected): Promise<string> {
  await meet(injected)
  await allowed(injected)
  return `met as ${injected.partitionNumber}`
}

export const nothing = () => {}
