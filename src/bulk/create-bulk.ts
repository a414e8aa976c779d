// Puts the room together: the use cases, and the mover that is told when there is something for it.
import type { Logger } from 'pino'
import type { BulkOperator } from './bulk-operator.ts'
import { type BulkMover, createBulkMover } from './bulk-mover.ts'
import type { BulkOptions } from './bulk-options.ts'
import { createBulkOperator } from './create-bulk-operator.ts'

export interface Bulk {
  readonly operator: BulkOperator
  readonly mover: BulkMover
}

export function createBulk(options: BulkOptions & { readonly log: Logger }): Bulk {
  const mover = createBulkMover(options)
  return { operator: createBulkOperator(options, () => mover.wake()), mover }
}
