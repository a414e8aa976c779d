// Where in a token a user's name, roles and groups stand: identity providers put them at different places.

export type Claims = Readonly<Record<string, unknown>>

/** A claim of this whole name (it may be a URL), else along the dots: `realm_access.roles`. */
export function claimIn(claims: Claims, name: string): unknown {
  if (Object.hasOwn(claims, name)) return claims[name]
  let at: unknown = claims
  for (const part of name.split('.')) {
    if (typeof at !== 'object' || at === null || !Object.hasOwn(at, part)) return undefined
    at = (at as Claims)[part]
  }
  return at
}

/** A list of texts, or a text with blanks or commas between. What is neither is empty. */
export function listIn(claims: Claims, name: string): string[] {
  const value = claimIn(claims, name)
  const some: readonly unknown[] =
    typeof value === 'string' ? value.split(/[\s,]+/) : Array.isArray(value) ? value : []
  return [...new Set(some.filter((one): one is string => typeof one === 'string' && one !== ''))]
}
