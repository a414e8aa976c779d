// How a job's root unit is to be run: priority, delay, caps and recovery, from its parameters, its JSL and the configuration.
import { BatchError } from '../batch/batch-error.ts'
import type { JobModel } from '../jsl/job-model.ts'
import type { Cap } from '../store/caps.ts'
import type { UnitSettings } from '../store/unit-inserts.ts'

const MESSAGE_PRIORITY = 'com_ibm_ws_batch_message_priority'
const DELAY = 'com_ibm_ws_batch_message_deliveryDelay'

/** Job properties of ours. */
const CAP_KEY = 'batchyard.capKey'
const CAP_LIMIT = 'batchyard.capLimit'
const RECOVERY = 'batchyard.recovery'
const PREEMPTIBLE = 'batchyard.preemptible'
const PRIORITY = 'batchyard.priority'

/** Throws JslInvalid for properties of ours that make no sense. */
export function unitSettingsOf(
  model: JobModel,
  submitted: { readonly submitter: string; readonly jobParameters: Readonly<Record<string, string>> },
  caps: Readonly<Record<string, number>>
): UnitSettings {
  return {
    priority: priorityOf(model, submitted.jobParameters),
    delaySeconds: delaySecondsOf(submitted.jobParameters),
    caps: [
      ...configuredCap(caps, `job:${model.id}`),
      ...configuredCap(caps, `submitter:${submitted.submitter}`),
      ...capOfJsl(model)
    ],
    recovery: recoveryOf(model),
    preemptible: preemptibleOf(model),
    timeLimit: model.timeLimit ?? null,
    firstStep: firstStepOf(model)
  }
}

/** Not one with a time limit: its thread tells of it when it starts the step. */
function firstStepOf({ listeners, elements }: JobModel): string | null {
  const first = elements[0]
  if (listeners.length > 0 || first?.kind !== 'step' || first.timeLimit !== undefined) return null
  return first.id
}

/** As JMS: 0 (lowest) to 9, 4 when absent. What whoever submits says of this one outweighs what the job says of itself. */
function priorityOf(model: JobModel, jobParameters: Readonly<Record<string, string>>): number {
  const own = model.properties[PRIORITY] ?? ''
  if (!/^[0-9]?$/.test(own)) throw invalid(PRIORITY, own, 'a whole number from 0 to 9')
  const given = jobParameters[MESSAGE_PRIORITY]
  if (given !== undefined && /^[0-9]$/.test(given)) return Number(given)
  return own === '' ? 4 : Number(own)
}

/** The parameter is in milliseconds. */
function delaySecondsOf(jobParameters: Readonly<Record<string, string>>): number {
  const given = jobParameters[DELAY]
  return given !== undefined && /^\d{1,12}$/.test(given) ? Number(given) / 1000 : 0
}

function configuredCap(caps: Readonly<Record<string, number>>, key: string): Cap[] {
  return Object.hasOwn(caps, key) ? [{ key, limit: caps[key]! }] : []
}

function capOfJsl(model: JobModel): Cap[] {
  const key = model.properties[CAP_KEY] ?? ''
  if (key === '') return []
  const given = model.properties[CAP_LIMIT] ?? ''
  const limit = given === '' ? '1' : given
  if (!/^[1-9]\d{0,8}$/.test(limit)) throw invalid(CAP_LIMIT, limit, 'a whole number from 1')
  return [{ key: `key:${key}`, limit: Number(limit) }]
}

function recoveryOf(model: JobModel): UnitSettings['recovery'] {
  const given = model.properties[RECOVERY] ?? ''
  if (given === '') return null
  if (given !== 'fail' && given !== 'resume') throw invalid(RECOVERY, given, 'fail or resume')
  return given
}

function preemptibleOf(model: JobModel): boolean {
  const given = model.properties[PREEMPTIBLE] ?? ''
  if (given !== '' && given !== 'true' && given !== 'false')
    throw invalid(PREEMPTIBLE, given, 'true or false')
  return given === 'true'
}

function invalid(property: string, given: string, expected: string): BatchError {
  const message = `the job property ${property} must be ${expected}, not "${given}"`
  return new BatchError('JslInvalid', [message], { details: { problems: [{ line: 1, column: 1, message }] } })
}
