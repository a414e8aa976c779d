// Without this the engine's events would be worded all over the executor, and tools that look for Liberty's ids would find nothing.
import { oneLine } from './log-line.ts'

/** What every message of an execution names; the order of names and ids in a message is Liberty's, the words are ours. */
export interface LoggedJob {
  readonly jobName: string
  readonly instanceId: number
  readonly executionId: number
}

/** How something ended; `exitStatus` null when none was set. */
export interface LoggedEnd {
  readonly batchStatus: string
  readonly exitStatus: string | null
}

export function jobStarted(job: LoggedJob): string {
  return `CWWKY0009I: Job ${oneLine(job.jobName)} started ${of(job)}.`
}

/** 0011W for FAILED, else 0010I. */
export function jobEnded(job: LoggedJob, end: LoggedEnd): string {
  return `${idFor(end, '0010I', '0011W')}: Job ${oneLine(job.jobName)} ${ended(end)} ${of(job)}.`
}

export function partitionStarted(job: LoggedJob, stepName: string, partition: number): string {
  return `CWWKY0012I: Partition ${partition} started, step ${oneLine(stepName)} ${of(job)}.`
}

/** 0014W for FAILED, else 0013I. */
export function partitionEnded(job: LoggedJob, stepName: string, partition: number, end: LoggedEnd): string {
  return `${idFor(end, '0013I', '0014W')}: Partition ${partition} ${ended(end)}, step ${oneLine(stepName)} ${of(job)}.`
}

/** Ours: Liberty has it in the partition's own log only. */
export function partitionMessage(stepName: string, partition: number, message: string): string {
  return `Partition ${partition} of step ${oneLine(stepName)}: ${oneLine(message)}`
}

export function flowStarted(job: LoggedJob, flowName: string): string {
  return `CWWKY0015I: Flow ${oneLine(flowName)} started ${of(job)}.`
}

/** 0017W for FAILED, else 0016I. */
export function flowEnded(job: LoggedJob, flowName: string, end: LoggedEnd): string {
  return `${idFor(end, '0016I', '0017W')}: Flow ${oneLine(flowName)} ${ended(end)} ${of(job)}.`
}

export function stepStarted(job: LoggedJob, stepName: string): string {
  return `CWWKY0018I: Step ${oneLine(stepName)} started ${of(job)}.`
}

/** 0019W for FAILED, else 0020I. */
export function stepEnded(job: LoggedJob, stepName: string, end: LoggedEnd): string {
  return `${idFor(end, '0020I', '0019W')}: Step ${oneLine(stepName)} ${ended(end)} ${of(job)}.`
}

export function chunkStarted(job: LoggedJob, stepName: string): string {
  return `CWWKY0021I: Chunk started, step ${oneLine(stepName)} ${of(job)}.`
}

/** `metrics` are the step's counters so far, by their JSR-352 names. */
export function chunkEnded(
  job: LoggedJob,
  stepName: string,
  metrics: Readonly<Record<string, number>>
): string {
  const counts = Object.entries(metrics).map(([name, count]) => `${name}=${count}`)
  return `CWWKY0022I: Chunk ended, step ${oneLine(stepName)} ${of(job)}; so far {${counts.join(', ')}}.`
}

export function chunkRolledBack(job: LoggedJob, stepName: string): string {
  return `CWWKY0024W: Chunk rolled back, step ${oneLine(stepName)} ${of(job)}.`
}

/** A retryable exception made the chunk roll back; it is done again item by item. */
export function chunkRolledBackForRetry(job: LoggedJob, stepName: string, error: string): string {
  return `CWWKY0025W: Chunk rolled back to be retried, step ${oneLine(stepName)} ${of(job)}: ${error}`
}

const CHUNK_ARTIFACT_IDS = {
  'reader opened': '0026I',
  'reader closed': '0027I',
  'writer opened': '0028I',
  'writer closed': '0029I'
} as const

export function chunkArtifact(
  job: LoggedJob,
  stepName: string,
  event: keyof typeof CHUNK_ARTIFACT_IDS,
  ref: string
): string {
  return `CWWKY${CHUNK_ARTIFACT_IDS[event]}: Item ${event}: ${oneLine(ref)}, step ${oneLine(stepName)} ${of(job)}.`
}

const STEP_FAULT_IDS = { running: '0030I', ending: '0031I', storing: '0032I' } as const
const JOB_FAULT_IDS = { running: '0033I', ending: '0034I', storing: '0035I' } as const

/** An exception while a step was running, ending, or its end was being stored; give the error to `write` beside it. */
export function stepException(job: LoggedJob, stepName: string, when: keyof typeof STEP_FAULT_IDS): string {
  return `CWWKY${STEP_FAULT_IDS[when]}: Exception while step ${oneLine(stepName)} was ${when} ${of(job)}.`
}

/** As `stepException`, for the job. */
export function jobException(job: LoggedJob, when: keyof typeof JOB_FAULT_IDS): string {
  return `CWWKY${JOB_FAULT_IDS[when]}: Exception while job ${oneLine(job.jobName)} was ${when} ${of(job)}.`
}

/** Why a job fails that no exception ended: with the id under which Liberty tells it. */
export function jobFault(job: LoggedJob, reason: string): string {
  return `CWWKY${JOB_FAULT_IDS.running}: Job ${oneLine(job.jobName)} fails ${of(job)}: ${oneLine(reason)}.`
}

/** The marker that stands where records could not be written. No id: Liberty has no such message. */
export function logGapped(missing: number, reason: string): string {
  const records = missing === 1 ? '1 record is' : `${missing} records are`
  return `--- ${records} missing here: the job log could not be written${reason === '' ? '' : ` (${oneLine(reason)})`} ---`
}

function of(job: LoggedJob): string {
  return `(job instance ${job.instanceId}, job execution ${job.executionId})`
}

function ended(end: LoggedEnd): string {
  return `ended: batch status ${end.batchStatus}, exit status ${oneLine(end.exitStatus ?? 'null')}`
}

function idFor(end: LoggedEnd, good: string, failed: string): string {
  return `CWWKY${end.batchStatus === 'FAILED' ? failed : good}`
}
