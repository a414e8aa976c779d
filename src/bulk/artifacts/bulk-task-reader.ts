// `bulkTaskReader`: the tasks of one partition of a bulk job, in pages; before each chunk it looks whether the job goes on.
import type { Injected, ItemReader } from '../../batch/artifacts.ts'
import type { BulkObject } from '../../batch/bulk-operation.ts'
import { NEXT_TASKS, type TaskRow } from '../../store/bulk-statements.ts'
import { type BulkRun, bulkRunOf, checkGoesOn } from './bulk-run.ts'

const PAGE = 500

/** Properties: `after` and `to`, rows of the bulk job; its checkpoint is the last row that it gave. */
export class BulkTaskReader implements ItemReader<BulkObject, number> {
  readonly #injected: Injected
  #run!: BulkRun
  #last = 0
  #to = 0
  #page: TaskRow[] = []
  #at = 0
  #chunk = -1

  constructor(injected: Injected) {
    this.#injected = injected
  }

  async open(checkpoint: number | null): Promise<void> {
    const { properties } = this.#injected
    this.#run = await bulkRunOf(this.#injected)
    this.#last = checkpoint ?? Number(properties['after'])
    this.#to = Number(properties['to'])
    this.#page = []
    this.#at = 0
    this.#chunk = -1
  }

  readItem(): BulkObject | null | Promise<BulkObject | null> {
    const begins = this.#injected.chunk.chunkNumber !== this.#chunk
    return begins || this.#at === this.#page.length ? this.#later(begins) : this.#next()
  }

  async #later(begins: boolean): Promise<BulkObject | null> {
    const { connection, chunk } = this.#injected
    if (begins) await checkGoesOn(this.#injected, this.#run)
    this.#chunk = chunk.chunkNumber
    if (this.#at === this.#page.length) {
      const range = [this.#run.jobNumber, this.#last, this.#to, PAGE]
      this.#page = (await connection.query<TaskRow>(NEXT_TASKS, range)).rows
      this.#at = 0
    }
    return this.#page.length === 0 ? null : this.#next()
  }

  #next(): BulkObject {
    const task = this.#page[this.#at++]!
    this.#last = task.row
    return { ...task, fields: task.fields ?? {} }
  }

  checkpointInfo(): number {
    return this.#last
  }
}
