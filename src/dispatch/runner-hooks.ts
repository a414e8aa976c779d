// What the runner of units tells the dispatcher.
import type { UnitAtWork } from './unit-at-work.ts'

export interface RunnerHooks {
  /** There may be work for a thread. */
  wake(): void
  /** A thread may be free, and that is all. */
  freed(): void
  /** Its thread has the order: it can be told things now. */
  began(atWork: UnitAtWork): void
  overdue(atWork: UnitAtWork, reason: string): void
  /** The execution is to yield: children of it that have not begun do not begin. */
  yields(executionId: number): boolean
}
