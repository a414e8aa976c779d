// JSON pointers (RFC 6901): how a property says which part of an answer is meant.

/** @throws Error when it is no pointer */
export function checkPointer(name: string, pointer: string): string {
  if (pointer !== '' && !/^\/(?:[^~]|~[01])*$/s.test(pointer))
    throw new Error(
      `The property ${name} must be a JSON pointer, e.g. /data/items, not ${pointer.slice(0, 100)}.`
    )
  return pointer
}

/** `undefined` where the document has nothing at the pointer; `''` is the whole document. */
export function valueAt(document: unknown, pointer: string): unknown {
  if (pointer === '') return document
  let value = document
  for (const token of pointer.slice(1).split('/')) {
    const key = token.replaceAll('~1', '/').replaceAll('~0', '~')
    if (typeof value !== 'object' || value === null || !Object.hasOwn(value, key)) return undefined
    // §4: the index of an array has no sign and no leading zeros; `length` is none.
    if (Array.isArray(value) && !/^(?:0|[1-9]\d*)$/.test(key)) return undefined
    value = (value as Record<string, unknown>)[key]
  }
  return value
}
