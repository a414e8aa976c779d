// Which errors a chunk step skips, retries or keeps without rollback: JSL names classes, JavaScript has prototype chains.
import { ReaderEndedError } from '../../batch/reader-ended-error.ts'
import type { ExceptionClassFilter } from '../../jsl/job-model.ts'

/** Every error is one of these, whatever its class: a job that comes from Java names them so. */
const EVERY_ERROR = new Set(['Error', 'Exception', 'java.lang.Exception'])
const EVERY_THROWABLE = new Set(['Throwable', 'java.lang.Throwable'])
/** A proxy can make a prototype chain endless. */
const LONGEST_CHAIN = 100

export type ExceptionFilter = (error: Error) => boolean

/**
 * JSR-352 §8.2.1.4.1: of all include and exclude classes that are the error's class or one above it, the most specific
 * decides, exclude before include. `null` when nothing is included, for then no error ever matches.
 */
export function exceptionFilter(classes: ExceptionClassFilter): ExceptionFilter | null {
  const included = classes.include.map(name => name.trim())
  const excluded = classes.exclude.map(name => name.trim())
  if (included.length === 0) return null
  return error => {
    if (error instanceof ReaderEndedError) return false
    const chain = classChain(error)
    const include = nearest(included, chain)
    return include < Infinity && include < nearest(excluded, chain)
  }
}

/** Position of the most specific class any of `filters` names, 0 = the error's own; Infinity = none does. */
function nearest(filters: readonly string[], chain: readonly ReadonlySet<string>[]): number {
  let found = Infinity
  for (const filter of filters) found = Math.min(found, position(filter, chain))
  return found
}

function position(filter: string, chain: readonly ReadonlySet<string>[]): number {
  // `com.acme.Error` is one class of somebody's; its last part alone would be every error there is.
  const last = lastPart(filter) === 'Error' ? filter : lastPart(filter)
  const index = chain.findIndex(names => names.has(filter) || names.has(last))
  if (index >= 0) return index
  if (EVERY_ERROR.has(filter)) return chain.length
  return EVERY_THROWABLE.has(filter) ? chain.length + 1 : Infinity
}

/** Names by which each class of the error is known, its own class first; dotted names also by their last part. */
function classChain(error: Error): ReadonlySet<string>[] {
  const chain: Set<string>[] = []
  let prototype = read(() => Object.getPrototypeOf(error) as object | null)
  while (prototype && prototype !== Object.prototype && chain.length < LONGEST_CHAIN) {
    const of = prototype
    const names = new Set<string>()
    addName(
      names,
      ownValue(of, 'constructor', constructor => (constructor as { name?: unknown }).name)
    )
    addName(
      names,
      ownValue(of, 'name', name => name)
    )
    chain.push(names)
    prototype = read(() => Object.getPrototypeOf(of) as object | null)
  }
  // A name that an error was given says more than its class, unless it is the name of a class above: a constructor that
  // sets `this.name` for all its subclasses must not make them as specific as itself.
  const given = new Set<string>()
  const name = read(() => error.name)
  addName(given, name)
  const known = chain.some(names => [...given].some(one => names.has(one)))
  if (!known) chain.unshift(given)
  return chain
}

function addName(names: Set<string>, name: unknown): void {
  if (typeof name !== 'string' || name === '') return
  names.add(name)
  names.add(lastPart(name))
}

/** `com.acme.Orders$Rejected` is `Rejected`; a `$` at the beginning or end of a JavaScript name separates nothing. */
function lastPart(name: string): string {
  const afterDot = name.slice(name.lastIndexOf('.') + 1)
  const dollar = afterDot.lastIndexOf('$')
  return dollar > 0 && dollar < afterDot.length - 1 ? afterDot.slice(dollar + 1) : afterDot
}

function ownValue(of: object, key: string, pick: (value: unknown) => unknown): unknown {
  return read(() => {
    const value: unknown = Object.getOwnPropertyDescriptor(of, key)?.value
    return value === null || value === undefined ? undefined : pick(value)
  })
}

/** Names may be getters of job code: one that throws has no name, and must not hide the error it stands on. */
function read<T>(get: () => T): T | undefined {
  try {
    return get()
  } catch {
    return undefined
  }
}
