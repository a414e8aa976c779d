// A job model is shared by everything that runs in a thread: frozen, nobody can change it for the others.

/** Freezes plain data to its last leaf and returns it. */
export function deepFreeze<T>(value: T): T {
  if (typeof value === 'object' && value !== null && !Object.isFrozen(value)) {
    Object.freeze(value)
    Object.values(value).forEach(deepFreeze)
  }
  return value
}
