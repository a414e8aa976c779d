// Without this a log would not say whose it is: tools that came from Liberty cut logs at these frames and read their `name = value` lines.
import { maskedParameters } from '../batch/secret-parameters.ts'
import { oneLine } from './log-line.ts'
import type { LoggedEnd, LoggedJob } from './job-log-messages.ts'

export type Parameters = Readonly<Record<string, string>>

const RULE = '='.repeat(58)
const LONGEST_VALUE = 1024

/** A partition as its frames name it. */
export interface LoggedPartition {
  readonly stepName: string
  readonly number: number
  readonly stepExecutionId: number
}

export interface LoggedFlow {
  readonly splitName: string
  readonly flowName: string
}

/** `secretWords`: what is in the names of the parameters whose values are masked. */
export function jobBegin(job: LoggedJob, parameters: Parameters, secretWords?: readonly string[]): string {
  return frame('Started invoking execution for a job', jobLines(job, parameters, secretWords))
}

export function jobEnd(
  job: LoggedJob,
  parameters: Parameters,
  end: LoggedEnd,
  secretWords?: readonly string[]
): string {
  return frame(`${outcome(end)} invoking execution for a job`, [
    ...jobLines(job, parameters, secretWords),
    `Job Batch Status = ${end.batchStatus}, Job Exit Status = ${oneLine(end.exitStatus ?? 'null')}`
  ])
}

export function stepBegin(stepName: string, stepExecutionId: number): string {
  return frame(`For step name = ${oneLine(stepName)}`, [
    `New top-level step execution id = ${stepExecutionId}`
  ])
}

export function partitionBegin(job: LoggedJob, partition: LoggedPartition): string {
  return frame('Started invoking execution for a partition', partitionLines(job, partition))
}

export function partitionEnd(job: LoggedJob, partition: LoggedPartition, end: LoggedEnd): string {
  return frame(`${outcome(end)} invoking execution for a partition`, [
    ...partitionLines(job, partition),
    `Partition Batch Status = ${end.batchStatus}, Partition Exit Status = ${oneLine(end.exitStatus ?? 'null')}`
  ])
}

export function flowBegin(job: LoggedJob, flow: LoggedFlow): string {
  return frame('Started invoking execution for a split-flow', flowLines(job, flow))
}

export function flowEnd(job: LoggedJob, flow: LoggedFlow, end: LoggedEnd): string {
  return frame(`${outcome(end)} invoking execution for a split-flow`, [
    ...flowLines(job, flow),
    `Job Batch Status = ${end.batchStatus}, Job Exit Status = ${oneLine(end.exitStatus ?? 'null')}`
  ])
}

/** The longest JSL that is written into a log, in UTF-16 units; whoever submits megabytes still finds his job's lines in it. */
export const LONGEST_LOGGED_JSL = 256 * 1024

/** The JSL as it was submitted. */
export function unresolvedJsl(jsl: string): string {
  return jslRecord('CWWKY0043I: JSL before substitution', jsl)
}

/** The JSL with everything substituted, of a job or of the step of a partition; secrets were masked by whoever made it. */
export function resolvedJsl(jsl: string, of: 'job' | 'partition'): string {
  return jslRecord(`CWWKY0042I: JSL ${of === 'job' ? '' : 'of the partition '}after substitution`, jsl)
}

function jslRecord(title: string, jsl: string): string {
  if (jsl.length <= LONGEST_LOGGED_JSL) return `${title}:\n ${jsl}\n.`
  return `${title} (cut after ${LONGEST_LOGGED_JSL} characters):\n ${jsl.slice(0, LONGEST_LOGGED_JSL)}\n.`
}

function jobLines(
  job: LoggedJob,
  parameters: Parameters,
  secretWords?: readonly string[]
): readonly string[] {
  const shown = Object.entries(maskedParameters(parameters, secretWords)).map(
    ([name, value]) => `${short(name)}=${short(value)}`
  )
  return [
    `JobInstance id = ${job.instanceId}`,
    `JobExecution id = ${job.executionId}`,
    `Job Name = ${oneLine(job.jobName)}`,
    `Job Parameters = {${shown.join(', ')}}`
  ]
}

function partitionLines(job: LoggedJob, partition: LoggedPartition): readonly string[] {
  return [
    `Partition step name = ${oneLine(partition.stepName)}`,
    `Partition number = ${partition.number}`,
    `Associated Top-level StepExecution id = ${partition.stepExecutionId}`,
    ...topLevelLines(job)
  ]
}

function flowLines(job: LoggedJob, flow: LoggedFlow): readonly string[] {
  return [
    `Split-Flow split name = ${oneLine(flow.splitName)}`,
    `Split-Flow flow name = ${oneLine(flow.flowName)}`,
    ...topLevelLines(job)
  ]
}

function topLevelLines(job: LoggedJob): readonly string[] {
  return [
    `Associated Top-level JobInstance id = ${job.instanceId}`,
    `Associated Top-level JobExecution id = ${job.executionId}`,
    `Associated Top-level Job Name = ${oneLine(job.jobName)}`
  ]
}

/** How Liberty's last frame begins, which tells the outcome before its status does. */
function outcome({ batchStatus }: LoggedEnd): string {
  if (batchStatus === 'FAILED') return 'Exception thrown when'
  return batchStatus === 'STOPPED' ? 'Stopped' : 'Completed'
}

/** Begins on a line of its own and ends with an empty one, as Liberty's frames do. */
function frame(title: string, lines: readonly string[]): string {
  return ['', RULE, title, ...lines.map(line => ` ${line}`), RULE, ''].join('\n')
}

function short(value: string): string {
  const line = oneLine(value)
  return line.length > LONGEST_VALUE ? `${line.slice(0, LONGEST_VALUE)}…` : line
}
