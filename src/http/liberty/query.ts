// Without this each route would have to remember that a repeated query parameter is an array, and that its first value counts.

export type Query = Readonly<Record<string, string | readonly string[] | undefined>>

/** The first value of a parameter, which may be `''`; null when the request does not have it. */
export function firstValue(query: Query, name: string): string | null {
  const value = query[name]
  return (typeof value === 'object' ? value[0] : value) ?? null
}

/** Liberty reads switches without case; everything but `true` is false. */
export function isTrue(query: Query, name: string): boolean {
  return firstValue(query, name)?.toLowerCase() === 'true'
}

/** All values of a parameter, in the order of the request. */
export function valuesOf(query: Query, name: string): readonly string[] {
  const value = query[name]
  if (value === undefined) return []
  return typeof value === 'string' ? [value] : value
}
