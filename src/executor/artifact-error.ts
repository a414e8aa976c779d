// The one boundary between job code and the runtime: whatever an artifact throws is an Error from here on, and has a text that can be stored.
import { inspect } from 'node:util'
import { Fenced } from './unit-port.ts'

/** Longest text of a step's `message`, in UTF-16 units; what is above is cut in the middle: the head says what, the tail has the first cause. */
const LONGEST_MESSAGE = 64 * 1024
const CAUSES_SHOWN = 20

/** The thrown value as an Error: itself, or one around it (its `cause`) when job code threw something else. */
export function toError(thrown: unknown): Error {
  if (thrown instanceof Error) return thrown
  // Job code may throw an error of another realm (node:vm): it has all that an Error has but the prototype.
  const told = attempt(() => (typeof thrown === 'string' ? thrown : inspect(thrown, { depth: 2 })))
  return new Error(told ?? 'a value that cannot be printed was thrown', { cause: thrown })
}

/** Calls job code: rejects with an Error whatever it throws. Port calls do not belong in here, their Fenced must stay one. */
export async function fromArtifact<T>(call: () => T | Promise<T>): Promise<T> {
  try {
    return await call()
  } catch (thrown) {
    throw toError(thrown)
  }
}

/** For a catch around both job code and port calls: what belongs to nobody here goes on up. */
export function unlessFenced(thrown: unknown): Error {
  if (thrown instanceof Fenced) throw thrown
  return toError(thrown)
}

/** Name and message of the error and of its causes, storable (ENGINE E16) and at most 64 KiB long. */
export function describeError(error: Error): string {
  const lines: string[] = []
  const seen = new Set<unknown>()
  let current: unknown = error
  while (current !== undefined && current !== null && !seen.has(current) && lines.length < CAUSES_SHOWN) {
    seen.add(current)
    const one = current
    lines.push(attempt(() => nameAndMessage(one)) ?? 'an error that cannot be printed')
    current = one instanceof Error ? attempt(() => one.cause) : null
  }
  return cutInTheMiddle(storableText(lines.join('\nCaused by: ')), LONGEST_MESSAGE)
}

function nameAndMessage(thrown: unknown): string {
  if (!(thrown instanceof Error)) return typeof thrown === 'string' ? thrown : inspect(thrown, { depth: 1 })
  const name = String(thrown.name)
  const message = String(thrown.message)
  const inner =
    thrown instanceof AggregateError
      ? thrown.errors.slice(0, 5).map(one => ` [${attempt(() => nameAndMessage(one)) ?? '?'}]`)
      : []
  return `${message === '' ? name : `${name}: ${message}`}${inner.join('')}`
}

/** ENGINE E16: PostgreSQL stores neither U+0000 nor half a surrogate pair. */
export function storableText(text: string): string {
  return text.toWellFormed().replaceAll('\0', '\uFFFD')
}

function cutInTheMiddle(text: string, longest: number): string {
  if (text.length <= longest) return text
  const mark = `\n… (${text.length - longest} characters left out) …\n`
  const half = (longest - mark.length) >> 1
  // Cutting may leave half a surrogate pair at either edge.
  return `${text.slice(0, half)}${mark}${text.slice(-half)}`.toWellFormed()
}

/** Getters, toString and inspect are job code too: what they throw must not hide that something was thrown. */
function attempt<T>(read: () => T): T | null {
  try {
    return read()
  } catch {
    return null
  }
}
