// Text that PostgreSQL cannot store (ENGINE E16): found in what a request brings, replaced in what job code sets.

/** What of `text` cannot be stored, in words; `null` when all of it can. */
export function unstorable(text: string): string | null {
  if (text.includes('\0')) return 'the character U+0000'
  return text.isWellFormed() ? null : 'half of a surrogate pair'
}

/** `text` with U+FFFD in place of what cannot be stored. */
export function storable(text: string): string {
  return text.toWellFormed().replaceAll('\0', '\uFFFD')
}
