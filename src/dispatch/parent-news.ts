// What parents at work on other servers are told of their partitions: notes, few of them, behind which the parents look themselves.
import type { Database } from '../store/database.ts'
import { notify } from '../store/notifications.ts'
import type { DispatchLog } from './dispatch-options.ts'

/** Notes to one parent are this far apart: the first goes at once. */
const APART_MS = 20

/** Partitions in one note, which has 8000 bytes at most. */
const AT_ONE_TIME = 500

export class ParentNews {
  readonly #db: Database
  readonly #log: DispatchLog
  /** By parent: partitions since its last note. */
  readonly #waiting = new Map<number, Set<number>>()

  constructor(db: Database, log: DispatchLog) {
    this.#db = db
    this.#log = log
  }

  /** This partition ended, gave way or gave data, and that stands in the repository. */
  tell(parentId: number, partitionNumber: number): void {
    const waiting = this.#waiting.get(parentId)
    if (waiting !== undefined) {
      waiting.add(partitionNumber)
      return
    }
    this.#waiting.set(parentId, new Set())
    this.#send(parentId, [partitionNumber])
    this.#later(parentId)
  }

  #later(parentId: number): void {
    setTimeout(() => {
      const told = [...this.#waiting.get(parentId)!]
      if (told.length === 0) {
        this.#waiting.delete(parentId)
        return
      }
      this.#waiting.set(parentId, new Set(told.slice(AT_ONE_TIME)))
      this.#send(parentId, told.slice(0, AT_ONE_TIME))
      this.#later(parentId)
    }, APART_MS)
  }

  #send(parentId: number, partitions: readonly number[]): void {
    notify(this.#db, { kind: 'children', parentId, partitions }).catch((error: unknown) =>
      this.#log.warn(
        { err: error, parentId },
        'the parent of partitions could not be told; it looks within a second'
      )
    )
  }
}
