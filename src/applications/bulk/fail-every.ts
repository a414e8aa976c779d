// An operation for trying bulk jobs: it does nothing, and fails when it is told to.
import { setTimeout as delay } from 'node:timers/promises'
import type { BulkOperation } from '../../batch/bulk-operation.ts'

/**
 * Properties: `n` (rows whose number is divisible by it fail; absent: none), `delayMs` for each object, `temporary` (`true`: they
 * fail at the first try only).
 */
export const failEvery: BulkOperation = {
  async execute({ row, attempt, properties, signal }) {
    const milliseconds = numberOf(properties['delayMs'], 0)
    if (milliseconds > 0) await delay(milliseconds, undefined, { signal })
    const n = numberOf(properties['n'], 0)
    if (n === 0 || row % n !== 0) return `row ${row}`
    const temporary = properties['temporary'] === 'true'
    if (temporary && attempt > 1) return `row ${row} at attempt ${attempt}`
    return {
      outcome: temporary ? 'TemporaryFailure' : 'PermanentFailure',
      code: 'FailEvery',
      message: `row ${row} is divisible by ${n}`
    }
  }
}

function numberOf(given: string | undefined, absent: number): number {
  return given !== undefined && /^\d{1,9}$/.test(given) ? Number(given) : absent
}
