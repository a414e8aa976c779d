// Artifacts may answer now or later; an await for what is there already would cost more than a trivial item's whole work.

/** Anything with a `then`: query builders are no Promise, but are meant to be awaited. */
export function isPromise(value: unknown): value is PromiseLike<unknown> {
  return (
    typeof value === 'object' && value !== null && typeof (value as { then?: unknown }).then === 'function'
  )
}
