// Numbers written to ledger.entry, or to nothing: what exactly-once is counted on.
import { appendFileSync, readFileSync } from 'node:fs'
import type { Injected, ItemReader } from '../../../../src/batch/artifacts.ts'
import type { StepExecution } from '../../../../src/batch/job-records.ts'

/** 1 to property `items`, with `millis` before each chunk's first. */
export class Numbers implements ItemReader<number, number> {
  readonly #injected: Injected
  #last = 0

  constructor(injected: Injected) {
    this.#injected = injected
  }

  open(checkpoint: number | null): void {
    this.#last = checkpoint ?? 0
  }

  async readItem(): Promise<number | null> {
    const { properties } = this.#injected
    if (this.#last === Number(properties['items'])) return null
    const millis = Number(properties['millis'] ?? 0)
    if (millis > 0) await new Promise(resolve => setTimeout(resolve, millis))
    return ++this.#last
  }

  checkpointInfo(): number {
    return this.#last
  }
}

const INSERT =
  'insert into ledger.entry (instance_id, partition_number, n) select $1, $2, unnest($3::integer[])'

export async function ledgerWriter(
  items: number[],
  { connection, jobContext, partitionNumber }: Injected
): Promise<void> {
  await connection.query(INSERT, [jobContext.instanceId, partitionNumber, items])
}

/** Says in the job log what it was given, and writes nothing. */
export function silentWriter(items: number[], { log }: Injected): void {
  log.info(`written ${items[0]} to ${items.at(-1)}`)
}

/** Ends the step when it hears of an error that is nobody's. */
export const nosyListener = ({ log }: Injected) => ({
  onWriteError: () => log.error('onWriteError was called'),
  onRetryWriteException: () => log.error('onRetryWriteException was called'),
  onSkipWriteItem: () => log.error('onSkipWriteItem was called')
})

/** Notes each decision in the file `trace`, and answers how many there were; the first fails if `fails` says so. */
export function countedDecider(_: readonly StepExecution[], { properties }: Injected): string {
  appendFileSync(properties['trace']!, 'x')
  const asked = readFileSync(properties['trace']!, 'utf8').length
  if (properties['fails'] === 'first' && asked === 1) throw new Error('on purpose')
  return String(asked)
}

export const noop = () => {}

export const pause = async ({ properties, signal }: Injected) => {
  await new Promise<void>(resolve => {
    const timer = setTimeout(resolve, Number(properties['millis'] ?? 100))
    signal.addEventListener('abort', () => {
      clearTimeout(timer)
      resolve()
    })
  })
}

/** Partition 0 ends its thread. */
export const exitInFirst = ({ partitionNumber }: Injected) => {
  if (partitionNumber === 0) process.exit(3)
}
