// Finds the Fenced in what was thrown: job code that wraps the errors of its connection must not make a lost claim look like an error of its own.
import { Fenced } from '../unit-port.ts'

const DEEPEST = 20

/** Throws the Fenced that `thrown` is or was caused by (ENGINE E9: no user code after it); else does nothing. */
export function throwIfFenced(thrown: unknown): void {
  let current: unknown = thrown
  for (let depth = 0; depth < DEEPEST && current instanceof Error; depth++) {
    if (current instanceof Fenced) throw current
    if (current instanceof AggregateError)
      for (const one of current.errors) if (one instanceof Fenced) throw one
    current = current.cause
  }
}
