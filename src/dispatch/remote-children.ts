// The partitions of a step at work here that other servers may run: looked for in the repository when a note says so, and once
// a second, for notes may be lost. What they give and how they end comes to the step's thread as from those beside it.
import { type CollectedData, nextCollected } from '../store/collected-data.ts'
import { findChildEnds, withdrawPartitions } from '../store/child-ends.ts'
import type { Database } from '../store/database.ts'
import { notify } from '../store/notifications.ts'
import type { Claim } from '../store/step-starts.ts'
import type { ChildEvent } from '../executor/unit-port.ts'
import type { UnitAtWork } from './unit-at-work.ts'
import { childKey, type Children, endEventOf } from './children.ts'

/** Of these units, those that wait for partitions on other servers look for them. */
export async function lookAtChildren(running: readonly UnitAtWork[]): Promise<void> {
  await Promise.all(running.map(atWork => atWork.lookAtChildren()))
}

export interface RemoteChildrenOptions {
  readonly db: Database
  readonly parent: Claim
  readonly stepExecutionId: number
  readonly children: Children
  readonly deliver: (event: ChildEvent) => void
}

export class RemoteChildren {
  readonly #options: RemoteChildrenOptions
  /** Of these partitions there is news; `null` = it is not known of which. */
  #news: Set<number> | null = new Set()
  #looking: Promise<void> | null = null
  /** Data that was handed on and may still stand in the repository. */
  #handled: readonly number[] = []

  constructor(options: RemoteChildrenOptions) {
    this.#options = options
  }

  /** Resolves when what stood in the repository when it was called has been handed on. */
  async look(partitions: readonly number[] | null = null): Promise<void> {
    if (partitions === null) this.#news = null
    else for (const each of partitions) this.#news?.add(each)
    while (this.#looking !== null) await this.#looking
    if (this.#news?.size === 0) return
    const among = this.#news
    this.#news = new Set()
    this.#looking = this.#round(among).finally(() => (this.#looking = null))
    await this.#looking
  }

  /** All of a partition's data come before its end: they stood before it, so they are read after it. */
  async #round(among: ReadonlySet<number> | null): Promise<void> {
    const { db, parent, stepExecutionId, children } = this.#options
    const asked = children.begun.filter(number => among?.has(number) !== false)
    const { inserted } = children
    const ends = asked.length === 0 ? [] : await findChildEnds(db, parent.unitId, { stepExecutionId }, asked)
    await this.#takeData()
    for (const end of ends) {
      const key = childKey(end)
      // One whose unit is just being made looks as if it had given way.
      if (end.batchStatus !== 'STARTING' || inserted.has(key)) children.ended(key, endEventOf(end))
    }
  }

  async #takeData(): Promise<void> {
    const { db, parent, stepExecutionId, deliver } = this.#options
    let found: CollectedData[]
    do {
      found = await nextCollected(db, parent, stepExecutionId, this.#handled)
      this.#handled = found.map(({ collectedId }) => collectedId)
      for (const { partitionNumber, data } of found) deliver({ kind: 'collected', partitionNumber, data })
    } while (found.length > 0)
  }

  /** The parent gives way: what has not begun loses its unit, what runs elsewhere is asked to give way too. Safe to repeat. */
  async giveWay(): Promise<void> {
    const { db, parent } = this.#options
    await withdrawPartitions(db, parent)
    await notify(db, { kind: 'yield', parentId: parent.unitId })
    await this.look()
  }
}
