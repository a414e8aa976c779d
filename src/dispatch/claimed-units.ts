// What this server has claimed and not begun yet, in the order in which it begins (ENGINE E3, E4).
import type { ClaimedUnit } from '../store/units.ts'

interface Waiting {
  readonly unit: ClaimedUnit
  /** Milliseconds of performance.now(). */
  readonly since: number
}

export class ClaimedUnits {
  #waiting: Waiting[] = []

  get units(): readonly ClaimedUnit[] {
    return this.#waiting.map(({ unit }) => unit)
  }

  get size(): number {
    return this.#waiting.length
  }

  /** Children are begun before executions, as they were claimed. */
  add(units: readonly ClaimedUnit[]): void {
    const since = performance.now()
    this.#waiting.push(...units.map(unit => ({ unit, since })))
    this.#waiting.sort((a, b) => Number(a.unit.kind === 'execution') - Number(b.unit.kind === 'execution'))
  }

  /** Takes out the first one that may begin. */
  next(mayBegin: (unit: ClaimedUnit) => boolean): ClaimedUnit | null {
    const at = this.#waiting.findIndex(({ unit }) => mayBegin(unit))
    return at === -1 ? null : this.#waiting.splice(at, 1)[0]!.unit
  }

  /** Takes out those that have waited for longer and that other servers may take too. */
  takeLate(ms: number): readonly ClaimedUnit[] {
    const late = (each: Waiting) =>
      performance.now() - each.since > ms && (each.unit.kind === 'execution' || each.unit.remote)
    const taken = this.#waiting.filter(late)
    this.#waiting = this.#waiting.filter(each => !taken.includes(each))
    return taken.map(({ unit }) => unit)
  }

  takeAll(): readonly ClaimedUnit[] {
    return this.#waiting.splice(0).map(({ unit }) => unit)
  }
}
