// What units at work are told while their server goes down, and how those are ended that do not end in time (ENGINE E12).
import type { ClaimedUnit } from '../store/units.ts'
import type { UnitAtWork } from './unit-at-work.ts'

export class GoingDown {
  readonly #resumes: (unit: ClaimedUnit) => boolean
  #reason: string | null = null
  #ends = false

  /** `resumes`: whether a unit goes on elsewhere. */
  constructor(resumes: (unit: ClaimedUnit) => boolean) {
    this.#resumes = resumes
  }

  /** Written on what ends STOPPED meanwhile; `null` = the server does not go down. */
  get reason(): string | null {
    return this.#reason
  }

  /** From now on; what is at work is told by `tell`. */
  begin(reason: string): void {
    this.#reason = reason
  }

  /** From now on what `tell` is called for is ended with its thread. */
  end(reason: string): void {
    this.#reason = reason
    this.#ends = true
  }

  /** The unit is at work, or has just begun. Its job log says why it stops; the stop itself is not told here. */
  tell(atWork: UnitAtWork): void {
    if (this.#reason === null) return
    const resumes = this.#resumes(atWork.unit)
    if (!this.#ends) {
      if (!resumes) atWork.thread?.note(`The job is stopped: ${this.#reason}.`)
      return
    }
    if (resumes) atWork.drained = true
    else atWork.endedAs ??= { batchStatus: 'STOPPED', reason: this.#reason }
    void atWork.thread?.end(this.#reason)
  }
}
