// Where the parent of a child is, and how it hears of it: in memory when it is at work here, else by a note to the others.
import type { ChildEvent } from '../executor/unit-port.ts'
import type { ClaimedUnit } from '../store/units.ts'
import type { DispatchOptions } from './dispatch-options.ts'
import { ParentNews } from './parent-news.ts'
import type { UnitAtWork } from './unit-at-work.ts'
import { childEventOf, type StoredEnd } from './unit-end.ts'

export class Parents {
  readonly #running: ReadonlyMap<number, UnitAtWork>
  readonly #news: ParentNews

  constructor({ db, log }: Pick<DispatchOptions, 'db' | 'log'>, running: ReadonlyMap<number, UnitAtWork>) {
    this.#running = running
    this.#news = new ParentNews(db, log)
  }

  /** The parent of this unit, if it is at work here. */
  of(unit: ClaimedUnit): UnitAtWork | undefined {
    return unit.parentId === null ? undefined : this.#running.get(unit.parentId)
  }

  /** The same, once it has what the unit gave on another server, if it goes on here. */
  async ready(unit: ClaimedUnit): Promise<UnitAtWork | undefined> {
    const parent = this.of(unit)
    if (unit.remote && unit.resumed) await parent?.lookAtChildren()
    return parent
  }

  /** If this one gives way its parent, on another server, does not: it is for whoever takes it. */
  waitsOn({ unit, yieldsWithParent }: UnitAtWork): boolean {
    return unit.remote && !yieldsWithParent && this.of(unit) === undefined
  }

  collected(unit: ClaimedUnit, event: ChildEvent): void {
    this.of(unit)?.children?.collected(event)
  }

  /** Data of this unit stand in the repository. */
  collectedStands({ parentId, partitionNumber }: ClaimedUnit): void {
    if (parentId !== null && partitionNumber !== null) this.#news.tell(parentId, partitionNumber)
  }

  ended(unit: ClaimedUnit, stored: StoredEnd | 'yielded'): void {
    const told = childEventOf(unit, stored)
    if (told === null) return
    const parent = this.of(unit)
    if (parent !== undefined) parent.children?.ended(told.key, told.event)
    else if (unit.remote) this.#news.tell(unit.parentId!, unit.partitionNumber!)
  }
}
