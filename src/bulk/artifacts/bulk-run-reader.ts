// `bulkRunReader` and `bulkRunOutcome`: where the operation is a job definition, the tasks whose runs have ended, as they end.
import { setTimeout as delay } from 'node:timers/promises'
import type { Injected, ItemProcessor, ItemReader } from '../../batch/artifacts.ts'
import { ENDED_RUNS, type EndedRun } from '../../store/bulk-runs.ts'
import { type DoneTask, storedText } from './bulk-operation-processor.ts'
import { type BulkRun, bulkRunOf, checkGoesOn } from './bulk-run.ts'

const LOOK_MS = 200

/** No run has ended: a chunk that has it comes to its end, so that a pause or a stop waits for no run. */
const NOTHING = Symbol('nothing has ended')

/** Which tasks have an outcome says the ledger, so there is no checkpoint. The server starts the runs. */
export class BulkRunReader implements ItemReader<EndedRun | typeof NOTHING> {
  readonly #injected: Injected
  #run!: BulkRun
  #chunk = -1
  #left = 0
  /** Given in the chunk under way, so still without an outcome. */
  readonly #given = new Set<number>()

  constructor(injected: Injected) {
    this.#injected = injected
  }

  async open(): Promise<void> {
    this.#run = await bulkRunOf(this.#injected)
    this.#chunk = -1
  }

  async readItem(): Promise<EndedRun | typeof NOTHING | null> {
    const { connection, chunk, signal } = this.#injected
    if (chunk.chunkNumber !== this.#chunk) {
      this.#chunk = chunk.chunkNumber
      this.#given.clear()
      this.#left = this.#run.total - (await checkGoesOn(this.#injected, this.#run))
    }
    if (this.#given.size >= this.#left) return null
    const { rows } = await connection.query<EndedRun>(ENDED_RUNS, [this.#run.jobNumber])
    const next = rows.find(({ row }) => !this.#given.has(row))
    if (next === undefined) {
      await delay(LOOK_MS, undefined, { signal }).catch(() => {})
      return NOTHING
    }
    this.#given.add(next.row)
    return next
  }
}

export const bulkRunOutcome: ItemProcessor<EndedRun | typeof NOTHING, DoneTask> = {
  processItem(ended) {
    if (ended === NOTHING) return null
    const { row, batchStatus, exitStatus, message } = ended as EndedRun
    const succeeded = batchStatus === 'COMPLETED'
    return {
      row,
      succeeded,
      attempts: 1,
      errorCode: succeeded ? null : batchStatus,
      httpStatus: null,
      message: succeeded ? exitStatus : message === null ? null : storedText(message)
    }
  }
}
