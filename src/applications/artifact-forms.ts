// Makes an artifact of whatever an application exports: class, object, function or generator function.
import type { Injected } from '../batch/artifacts.ts'
import { ReaderEndedError } from '../batch/reader-ended-error.ts'
import { generatorReader } from './generator-reader.ts'

/** Every method of the interfaces in batch/artifacts.ts and how many arguments the runtime gives it. */
export const ARTIFACT_METHODS = {
  process: 0,
  stop: 0,
  open: 1,
  readItem: 0,
  processItem: 1,
  writeItems: 1,
  checkpointInfo: 0,
  close: 0,
  checkpointTimeout: 0,
  beginCheckpoint: 0,
  isReadyToCheckpoint: 0,
  endCheckpoint: 0,
  decide: 1,
  mapPartitions: 0,
  collectPartitionData: 0,
  analyzeCollectorData: 1,
  analyzeStatus: 2,
  beginPartitionedStep: 0,
  beforePartitionedStepCompletion: 0,
  rollbackPartitionedStep: 0,
  afterPartitionedStepCompletion: 1,
  beforeJob: 0,
  afterJob: 0,
  beforeStep: 0,
  afterStep: 0,
  beforeChunk: 0,
  onError: 1,
  afterChunk: 0,
  beforeRead: 0,
  afterRead: 1,
  onReadError: 1,
  beforeProcess: 1,
  afterProcess: 2,
  onProcessError: 2,
  beforeWrite: 1,
  afterWrite: 1,
  onWriteError: 2,
  onSkipReadItem: 1,
  onSkipProcessItem: 2,
  onSkipWriteItem: 2,
  onRetryReadException: 1,
  onRetryProcessException: 2,
  onRetryWriteException: 2
} as const satisfies Record<string, 0 | 1 | 2>

const METHODS = Object.entries(ARTIFACT_METHODS)

/** What `this` of an object's method offers beside its own fields. */
const INJECTED_FIELDS = [
  'properties',
  'jobContext',
  'stepContext',
  'jobParameters',
  'log',
  'signal',
  'partitionNumber',
  'connection',
  'chunk'
] as const satisfies readonly (keyof Injected)[]

type Callable = (...args: unknown[]) => unknown
type Constructable = new (injected: Injected) => object

/**
 * One artifact for one reference; `what` names it in messages.
 * @throws Error when the export can be no artifact; errors of the application's own constructor go through unchanged
 */
export function createArtifact(exported: unknown, injected: Injected, what: string): object {
  if (typeof exported === 'function') {
    if (isClass(exported)) return withMethods(new (exported as Constructable)(injected), what)
    if (isGeneratorFunction(exported)) return generatorReader(exported, injected)
    return fromFunction(exported as Callable, injected, what)
  }
  if (typeof exported !== 'object' || exported === null)
    throw new Error(
      `${what} is ${exported === null ? 'null' : `of type ${typeof exported}`}; an artifact is a class, an object with methods or a function.`
    )
  return fromObject(withMethods(exported, what) as Record<string, unknown>, injected)
}

/** Without a single method of any interface it would never be called, and its step would seem to work. */
function withMethods(artifact: object, what: string): object {
  const methods = artifact as Record<string, unknown>
  if (METHODS.some(([name]) => typeof methods[name] === 'function')) return artifact
  throw new Error(
    `${what} has no method of any artifact interface (process, readItem, writeItems, beforeJob …).`
  )
}

/**
 * `prototype` of a class cannot be written. A constructor function of older compilers has methods on its prototype or
 * inherits from another; a plain function has neither, an arrow or async function has no prototype at all.
 */
function isClass(exported: object): boolean {
  const described = Object.getOwnPropertyDescriptor(exported, 'prototype')
  if (described === undefined || isGeneratorFunction(exported)) return false
  if (described.writable === false) return true
  const prototype: unknown = described.value
  if (typeof prototype !== 'object' || prototype === null) return false
  const members = Reflect.ownKeys(prototype).filter(key => key !== 'constructor')
  return members.length > 0 || Object.getPrototypeOf(prototype) !== Object.prototype
}

function isGeneratorFunction(exported: object): exported is (injected: Injected) => Iterator<unknown> {
  return /^\[object (?:Async)?GeneratorFunction\]$/.test(Object.prototype.toString.call(exported))
}

function isGenerator(value: unknown): boolean {
  return (
    typeof value === 'object' &&
    value !== null &&
    /^\[object (?:Async)?Generator\]$/.test(Object.prototype.toString.call(value))
  )
}

/**
 * A function is every interface of one method, since a reference does not say its role. No listener's: listeners are
 * found by the methods they have.
 */
function fromFunction(exported: Callable, injected: Injected, what: string): object {
  const bare = () => exported(injected)
  let asked = false
  const readItem = () => {
    const item = exported(injected)
    if (asked) return item
    asked = true
    return item instanceof Promise ? item.then(noGenerator) : noGenerator(item)
  }
  // A function around a generator would give a new generator as each item, without end.
  const noGenerator = (item: unknown) => {
    if (!isGenerator(item)) return item
    throw new ReaderEndedError(
      `${what} answered a generator as its first item; export the generator function itself.`
    )
  }
  const withOne = (argument: unknown) => exported(argument, injected)
  return {
    process: bare,
    readItem,
    isReadyToCheckpoint: bare,
    mapPartitions: bare,
    collectPartitionData: bare,
    processItem: withOne,
    writeItems: withOne,
    decide: withOne,
    analyzeCollectorData: withOne
  }
}

/**
 * A fresh object for each reference (JSR-352 §10.5), behind it what was exported: its own plain fields are copied, so that
 * `this.count++` neither reaches other references nor fails on a frozen export. What a field refers to is shared.
 */
function fromObject(exported: Record<string, unknown>, injected: Injected): object {
  const artifact = Object.create(exported) as object
  for (const [key, described] of Object.entries(Object.getOwnPropertyDescriptors(exported)))
    if ('value' in described && typeof described.value !== 'function') define(artifact, key, described.value)
  for (const field of INJECTED_FIELDS)
    if (typeof exported[field] !== 'function') inject(artifact, field, injected)
  for (const [name, count] of METHODS) {
    const method = exported[name]
    if (typeof method === 'function')
      define(artifact, name, withInjected(method as Callable, count, artifact, injected))
  }
  return artifact
}

/** A getter: some fields exist at times only (connection, chunk) and refuse outside of them. */
function inject(artifact: object, field: keyof Injected, injected: Injected): void {
  Object.defineProperty(artifact, field, {
    get: () => injected[field],
    set: value => {
      define(artifact, field, value)
    },
    enumerable: false,
    configurable: true
  })
}

function define(artifact: object, key: string, value: unknown): void {
  Object.defineProperty(artifact, key, { value, writable: true, enumerable: true, configurable: true })
}

/** By count, not with rest arguments: `injected` stays the last one also when the application calls its own method. */
function withInjected(method: Callable, count: 0 | 1 | 2, artifact: object, injected: Injected): Callable {
  if (count === 0) return () => method.call(artifact, injected)
  if (count === 1) return argument => method.call(artifact, argument, injected)
  return (first, second) => method.call(artifact, first, second, injected)
}
