// Without this a log would not say whose it is: tools that came from Liberty cut logs at these frames and read their `name = value` lines.
import { oneLine } from './log-line.ts'
import type { LoggedEnd, LoggedJob } from './job-log-messages.ts'
import { maskedParameters, withoutSecrets } from './masked-parameters.ts'

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

export function jobBegin(job: LoggedJob, parameters: Parameters): string {
  return frame('Started invoking execution for a job', jobLines(job, parameters))
}

export function jobEnd(job: LoggedJob, parameters: Parameters, end: LoggedEnd): string {
  return frame('Completed invoking execution for a job', [
    ...jobLines(job, parameters),
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
  return frame('Completed invoking execution for a partition', [
    ...partitionLines(job, partition),
    `Partition Batch Status = ${end.batchStatus}, Partition Exit Status = ${oneLine(end.exitStatus ?? 'null')}`
  ])
}

export function flowBegin(job: LoggedJob, flow: LoggedFlow): string {
  return frame('Started invoking execution for a split-flow', flowLines(job, flow))
}

export function flowEnd(job: LoggedJob, flow: LoggedFlow, end: LoggedEnd): string {
  return frame('Completed invoking execution for a split-flow', [
    ...flowLines(job, flow),
    `Flow Batch Status = ${end.batchStatus}, Flow Exit Status = ${oneLine(end.exitStatus ?? 'null')}`
  ])
}

/** The JSL as it was submitted. */
export function unresolvedJsl(jsl: string): string {
  return `CWWKY0043I: JSL before substitution:\n ${jsl}\n.`
}

/** The JSL with everything substituted, but for the values of secret parameters. */
export function resolvedJsl(jsl: string, parameters: Parameters): string {
  return `CWWKY0042I: JSL after substitution:\n ${withoutSecrets(jsl, parameters)}\n.`
}

function jobLines(job: LoggedJob, parameters: Parameters): readonly string[] {
  const shown = Object.entries(maskedParameters(parameters)).map(
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
    `Split name = ${oneLine(flow.splitName)}`,
    `Flow name = ${oneLine(flow.flowName)}`,
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

/** Begins on a line of its own and ends with an empty one, as Liberty's frames do. */
function frame(title: string, lines: readonly string[]): string {
  return ['', RULE, title, ...lines.map(line => ` ${line}`), RULE, ''].join('\n')
}

function short(value: string): string {
  const line = oneLine(value)
  return line.length > LONGEST_VALUE ? `${line.slice(0, LONGEST_VALUE)}…` : line
}
