// `bulkOperation`: calls the application's operation for one task, temporary failures again, and makes an outcome of whatever comes.
import { setTimeout as delay } from 'node:timers/promises'
import type { BuiltInSetting } from '../../applications/built-in/built-in-limits.ts'
import type { Injected, ItemProcessor } from '../../batch/artifacts.ts'
import type { BulkRequest } from '../../batch/bulk-job.ts'
import {
  BULK_OUTCOMES,
  type BulkObject,
  type BulkOperation,
  type BulkOutcome,
  type BulkReach,
  type BulkTask
} from '../../batch/bulk-operation.ts'
import { bulkReach } from './bulk-reach.ts'
import { bulkRunOf } from './bulk-run.ts'

/** A task that was done; what of it is a text has the length and form that can be stored. */
export interface DoneTask {
  readonly row: number
  readonly succeeded: boolean
  readonly attempts: number
  readonly errorCode: string | null
  readonly httpStatus: number | null
  readonly message: string | null
}

/** After the first attempt; and the pause before the first of them, each next one four times as long. */
const RETRIES = 3
const FIRST_PAUSE_MS = 100

/** Failures that the log of a partition tells one by one; the ledger has all of them. */
const MOST_LOGGED = 100

const LONGEST_CODE = 128
const LONGEST_MESSAGE = 1024

export function bulkOperationProcessor(setting: BuiltInSetting): new (injected: Injected) => ItemProcessor {
  return class BulkOperationProcessor implements ItemProcessor<BulkObject, DoneTask> {
    readonly #injected: Injected
    readonly #reach: BulkReach = bulkReach(setting.limits)
    #operation: {
      readonly execute: BulkOperation['execute']
      readonly properties: BulkTask['properties']
    } | null = null
    #failures = 0

    constructor(injected: Injected) {
      this.#injected = injected
    }

    async processItem(object: BulkObject): Promise<DoneTask | null> {
      const { log, signal, jobContext } = this.#injected
      const jobId = jobContext.properties['bulkJobId'] ?? ''
      this.#operation ??= operationOf(setting, this.#injected, (await bulkRunOf(this.#injected)).request)
      const { execute, properties } = this.#operation
      for (let attempt = 1; ; attempt++) {
        const outcome = await outcomeOf(() =>
          execute({ ...object, jobId, properties, attempt, signal, log, reach: this.#reach })
        )
        if (outcome.outcome === 'Succeeded') return doneTask(object, attempt, outcome)
        // Stopped in the middle of it: the task has no outcome, and is one of those that were not done.
        if (signal.aborted) return null
        if (outcome.outcome === 'TemporaryFailure' && attempt <= RETRIES) {
          await pause(FIRST_PAUSE_MS * 4 ** (attempt - 1), signal)
          if (signal.aborted) return null
          continue
        }
        if (++this.#failures <= MOST_LOGGED) log.warn(failureLine(object, attempt, outcome))
        return doneTask(object, attempt, outcome)
      }
    }
  }
}

function operationOf({ exports = {} }: BuiltInSetting, injected: Injected, { operation }: BulkRequest) {
  if (operation.artifact === undefined) throw new Error('A definition is not run by this artifact.')
  const { application, ref, properties } = operation.artifact
  const exported = Object.hasOwn(exports, ref) ? exports[ref] : undefined
  const made = isClass(exported) ? new exported(injected) : exported
  const execute = (made as Partial<BulkOperation> | null | undefined)?.execute
  if (typeof execute !== 'function')
    throw new Error(
      `Application ${application} exports no operation ${ref}: an object with a method execute is expected.`
    )
  return { execute: execute.bind(made), properties: Object.freeze({ ...properties }) }
}

function isClass(exported: unknown): exported is new (injected: Injected) => unknown {
  return typeof exported === 'function' && /^class\b/.test(Function.prototype.toString.call(exported))
}

/** Never rejects: whatever an operation throws, a class of its own included, is the outcome of this one task. */
async function outcomeOf(call: () => ReturnType<BulkOperation['execute']>): Promise<BulkOutcome> {
  try {
    const given: unknown = await call()
    if (given === undefined || given === null) return { outcome: 'Succeeded' }
    if (typeof given === 'string') return { outcome: 'Succeeded', message: given }
    const outcome = given as Partial<BulkOutcome>
    if (typeof given === 'object' && BULK_OUTCOMES.some(one => one === outcome.outcome))
      return given as BulkOutcome
    return {
      outcome: 'PermanentFailure',
      code: 'InvalidOutcome',
      message: `The operation must give a text or an outcome of ${BULK_OUTCOMES.join(', ')}.`
    }
  } catch (thrown) {
    const error = thrown as {
      readonly message?: unknown
      readonly code?: unknown
      readonly name?: unknown
      readonly temporary?: unknown
    } | null
    const text = (value: unknown) => (typeof value === 'string' && value !== '' ? value : undefined)
    return {
      outcome: error?.temporary === true ? 'TemporaryFailure' : 'PermanentFailure',
      code: text(error?.code) ?? named(text(error?.name)),
      message: text(error?.message) ?? String(thrown)
    }
  }
}

/** `Error` says nothing. */
function named(name: string | undefined): string | undefined {
  return name === 'Error' ? undefined : name
}

function doneTask(
  { row }: BulkObject,
  attempts: number,
  { outcome, code, message, httpStatus }: BulkOutcome
): DoneTask {
  const succeeded = outcome === 'Succeeded'
  return {
    row,
    succeeded,
    attempts,
    errorCode: succeeded ? null : storedText(code ?? outcome, LONGEST_CODE),
    httpStatus: Number.isInteger(httpStatus) && httpStatus! >= 100 && httpStatus! <= 999 ? httpStatus! : null,
    message: message === undefined || message === null ? null : storedText(message, LONGEST_MESSAGE)
  }
}

/** As PostgreSQL takes it, cut. */
export function storedText(text: unknown, longest: number = LONGEST_MESSAGE): string {
  const whole = String(text).replaceAll('\0', '\uFFFD')
  return (whole.length > longest ? `${whole.slice(0, longest - 1)}…` : whole).toWellFormed()
}

function failureLine(
  { row, bucket, key }: BulkObject,
  attempt: number,
  { code, outcome, message }: BulkOutcome
): string {
  const tries = attempt > 1 ? ` after ${attempt} attempts` : ''
  return `Task ${row} (${bucket}, ${key}) failed${tries}: ${code ?? outcome}${message === undefined ? '' : `: ${storedText(message, LONGEST_MESSAGE)}`}`
}

async function pause(milliseconds: number, signal: AbortSignal): Promise<void> {
  await delay(milliseconds * (0.75 + Math.random() / 2), undefined, { signal }).catch(() => {})
}
