// A step that reads a range and writes it to ledger.entry, in whatever trouble job parameters get it.
import type { Injected, ItemReader, PartitionPlan } from '../../../../src/batch/artifacts.ts'

class Rejected extends Error {}
class Unavailable extends Error {}

const listed = (list: string | undefined, number: number) => (list ?? '').split(',').includes(String(number))

/** Job parameters `mapper` = fails, `partitions` (3), `threads`; partition n has the numbers from 100 n on. */
export function rangeMapper({ jobParameters }: Injected): PartitionPlan {
  if (jobParameters['mapper'] === 'fails') throw new Error('the mapper fails as told')
  const partitions = Number(jobParameters['partitions'] ?? 3)
  return {
    partitions,
    threads: Number(jobParameters['threads'] ?? 0),
    partitionProperties: Array.from({ length: partitions }, (_, n) => ({ offset: String(100 * n) }))
  }
}

/** `items` numbers behind property `offset`, with `millis` before each. */
export class Range implements ItemReader<number, number> {
  readonly #injected: Injected
  #last = 0

  constructor(injected: Injected) {
    this.#injected = injected
  }

  open(checkpoint: number | null): void {
    this.#last = checkpoint ?? 0
  }

  async readItem(): Promise<number | null> {
    const { properties, jobParameters } = this.#injected
    if (this.#last === Number(jobParameters['items'] ?? 10)) return null
    const millis = Number(jobParameters['millis'] ?? 0)
    if (millis > 0) await new Promise(resolve => setTimeout(resolve, millis))
    return Number(properties['offset'] ?? 0) + ++this.#last
  }

  checkpointInfo(): number {
    return this.#last
  }
}

/** Job parameters: `rejected` and `unavailable` numbers throw each time, `flaky` ones once, `filtered` ones are dropped. */
export class Picky {
  readonly #injected: Injected
  readonly #seen = new Set<number>()

  constructor(injected: Injected) {
    this.#injected = injected
  }

  processItem(item: number): number | null {
    const { jobParameters } = this.#injected
    if (listed(jobParameters['rejected'], item)) throw new Rejected(`${item} is rejected`)
    if (listed(jobParameters['unavailable'], item)) throw new Unavailable(`${item} is unavailable`)
    if (listed(jobParameters['flaky'], item) && !this.#seen.has(item)) {
      this.#seen.add(item)
      throw new Unavailable(`${item} is unavailable once`)
    }
    return listed(jobParameters['filtered'], item) ? null : item
  }
}

const INSERT =
  'insert into ledger.entry (instance_id, partition_number, n) select $1, $2, unnest($3::integer[])'

/** Writes, and then refuses each list with a number of job parameter `unwritable`. */
export async function rangeWriter(
  items: number[],
  { connection, jobContext, partitionNumber, jobParameters }: Injected
): Promise<void> {
  await connection.query(INSERT, [jobContext.instanceId, partitionNumber, items])
  const bad = items.find(item => listed(jobParameters['unwritable'], item))
  if (bad !== undefined) throw new Unavailable(`${bad} cannot be written`)
}

/** The collector of each partition says what it has written so far. */
export function written({ stepContext }: Injected): number {
  return stepContext.metrics.WRITE_COUNT
}

/** Counts what it is told; that is the step's exit status. */
export const tally = {
  data: 0,
  ends: [] as string[],
  analyzeCollectorData() {
    this.data++
  },
  analyzeStatus(batchStatus: string, _exitStatus: string, { stepContext }: Injected) {
    this.ends = [...this.ends, batchStatus].toSorted()
    stepContext.exitStatus = `${this.data} data, ${this.ends.join(' ')}`
  }
}
