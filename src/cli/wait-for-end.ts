// --wait: follows one job execution to its end and makes of it the exit code a script decides by.
import { FINAL_BATCH_STATUSES } from '../batch/batch-status.ts'
import { textField, type ExecutionRecord, type StepRecord } from './batch-records.ts'
import { CliError, EXIT } from './cli-error.ts'
import { batchStatusExitCode, exitStatusExitCode } from './exit-code.ts'
import type { Interruption } from './interruption.ts'
import { paceOf, patience, pause } from './polling.ts'
import { progressLines, stepText } from './progress-lines.ts'
import { printJobLog } from './save-log.ts'
import type { Session } from './session.ts'
import type { Started } from './started.ts'

export interface Wait extends Started {
  /** `CWWKY0105I`, or `CWWKY0103I` after a stop. */
  readonly endCode: string
  readonly interruption: Interruption | null
}

export interface Ended {
  readonly batchStatus: string
  /** 30 to 36, or with --returnExitStatus the number of the exit status. @throws CliError 255 where that has none. */
  readonly exitCode: () => number
}

export async function waitForEnd(session: Session, wait: Wait): Promise<Ended> {
  const { report, options, batch } = session
  const getJobLog = options.flag('getJobLog')
  if (getJobLog)
    report.message('CWWKY0113I', `The job log of instance ${wait.instanceId} will be printed at the end.`)
  const execution = await follow(session, wait)
  report.live?.clear()
  const exitStatus = textField(execution, 'exitStatus')
  report.message(
    wait.endCode,
    `Job ended. Batch status: ${execution.batchStatus}. Exit status: ${exitStatus}`
  )
  report.execution(execution)
  report.add('jobExecution', execution)
  if (getJobLog) {
    report.message('CWWKY0114I', `Job log of instance ${wait.instanceId}:`)
    await printJobLog(
      await batch.jobLog({ kind: 'jobinstances', id: wait.instanceId }, 'text'),
      report.stream
    )
  }
  const { batchStatus } = execution
  const byExitStatus = options.flag('returnExitStatus')
  return {
    batchStatus,
    exitCode: () => (byExitStatus ? exitStatusExitCode(exitStatus) : batchStatusExitCode(batchStatus))
  }
}

function isFinal(batchStatus: string): boolean {
  return (FINAL_BATCH_STATUSES as readonly string[]).includes(batchStatus)
}

async function follow(session: Session, wait: Wait): Promise<ExecutionRecord> {
  const { report, options, batch } = session
  const signal = wait.interruption?.signal ?? null
  const patiently = patience(options, report, signal)
  const pace = paceOf(options, report.live !== null)
  const watch = progressOf(session)
  let executionId: number | null = null
  let isStopped = false
  for (;;) {
    const known: number | null = executionId
    const execution: ExecutionRecord | null = await patiently(
      known === null ? wait.find : () => batch.execution(known)
    )
    executionId = execution?.executionId ?? null
    if (execution !== null) await watch(execution)
    if (execution !== null && isFinal(execution.batchStatus)) return execution
    if (options.flag('verbose')) reportLook(session, wait.instanceId, execution)
    await pause(pace.next(), isStopped ? null : signal)
    if (signal?.aborted && !isStopped) {
      isStopped = true
      report.message(
        'CWWKY0116I',
        'Interrupted while waiting: stopping the job. Once more ends this command.'
      )
      await patiently(() => stopUnlessEnded(session, wait.instanceId))
    }
  }
}

function reportLook({ report }: Session, instanceId: number, execution: ExecutionRecord | null): void {
  if (execution === null)
    report.message('CWWKY0109I', `Waiting for an execution of job instance ${instanceId}.`)
  else
    report.message(
      'CWWKY0108I',
      `Waiting for the end of job execution ${execution.executionId}: ${execution.batchStatus}.`
    )
}

async function stopUnlessEnded({ report, batch }: Session, instanceId: number): Promise<void> {
  try {
    await batch.stop({ kind: 'jobinstances', id: instanceId })
    report.message('CWWKY0104I', `Stop of job instance ${instanceId} submitted.`)
  } catch (error) {
    // It has ended by itself.
    if (!(error instanceof CliError && error.details['status'] === 409)) throw error
  }
}

/** On a terminal all steps at each look; in a pipe a line for each step whose status is new. */
function progressOf({ report, batch }: Session): (execution: ExecutionRecord) => Promise<void> {
  const begin = performance.now()
  const told = new Map<string, string>()
  return async execution => {
    const brief = Array.isArray(execution['stepExecutions'])
      ? (execution['stepExecutions'] as StepRecord[])
      : []
    const news = brief.filter(step => told.get(step.stepName) !== step.batchStatus)
    if (report.live === null && news.length === 0) return
    const steps = await stepsOr(brief, () => batch.steps(execution.executionId))
    if (report.live !== null) {
      report.live.show(progressLines({ execution, steps, seconds: (performance.now() - begin) / 1000 }))
      return
    }
    for (const step of steps) {
      if (told.get(step.stepName) === step.batchStatus) continue
      told.set(step.stepName, step.batchStatus)
      report.message(null, `Step ${stepText(step)}`)
    }
  }
}

/** Counts are worth a request, not the end of the waiting. */
async function stepsOr(brief: StepRecord[], ask: () => Promise<StepRecord[]>): Promise<StepRecord[]> {
  try {
    return await ask()
  } catch (error) {
    if (error instanceof CliError && error.exitCode === EXIT.failed) return brief
    throw error
  }
}
