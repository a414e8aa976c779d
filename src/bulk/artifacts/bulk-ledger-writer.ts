// `bulkLedger`: the outcomes of a chunk into the ledger, in the chunk's own transaction, so that each task has exactly one.
import type { Injected, ItemWriter } from '../../batch/artifacts.ts'
import { STORE_OUTCOMES } from '../../store/bulk-statements.ts'
import type { DoneTask } from './bulk-operation-processor.ts'
import { bulkRunOf } from './bulk-run.ts'

export class BulkLedgerWriter implements ItemWriter<DoneTask> {
  readonly #injected: Injected
  #jobNumber = 0

  constructor(injected: Injected) {
    this.#injected = injected
  }

  async open(): Promise<void> {
    this.#jobNumber = (await bulkRunOf(this.#injected)).jobNumber
  }

  async writeItems(done: DoneTask[]): Promise<void> {
    if (done.length === 0) return
    const { connection, partitionNumber } = this.#injected
    await connection.query(STORE_OUTCOMES, [
      this.#jobNumber,
      partitionNumber ?? 0,
      done.map(task => task.row),
      done.map(task => task.succeeded),
      done.map(task => task.attempts),
      done.map(task => task.errorCode),
      done.map(task => task.httpStatus),
      done.map(task => task.message)
    ])
  }
}
