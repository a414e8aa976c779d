// Follows a job while it runs: one line that is rewritten on a terminal, now and then a line elsewhere.
import { setTimeout as delay } from 'node:timers/promises'
import type { BatchClient, JobExecution, StepExecution } from './batch-client.ts'

const ENDED = new Set(['COMPLETED', 'FAILED', 'STOPPED', 'ABANDONED'])

/** Milliseconds between two looks. */
const PACE = 250

/** In a file or a pipe a line every so many looks is enough. */
const LOOKS_PER_LINE = 8

/** The execution, once it has ended. */
export async function followExecution(
  client: BatchClient,
  instanceId: number,
  signal: AbortSignal
): Promise<JobExecution> {
  const show = createProgressLine()
  for (;;) {
    const execution = await client.newestExecution(instanceId)
    const steps = execution === null ? [] : await client.stepExecutions(execution.executionId)
    const ended = execution !== null && ENDED.has(execution.batchStatus)
    show(execution === null ? 'waiting for a server' : progressOf(execution, steps), ended)
    if (ended) return execution
    await delay(PACE, undefined, { signal })
  }
}

function progressOf(execution: JobExecution, steps: readonly StepExecution[]): string {
  const step = steps.at(-1)
  if (step === undefined) return execution.batchStatus
  const { READ_COUNT = '0', WRITE_COUNT = '0' } = step.metrics
  const partitions = step.partitions.filter(one => one.batchStatus === 'COMPLETED').length
  const counts = READ_COUNT === '0' ? '' : `: ${amount(READ_COUNT)} read, ${amount(WRITE_COUNT)} written`
  const parts = step.partitions.length === 0 ? '' : `: ${partitions} of ${step.partitions.length} partitions`
  return `${execution.batchStatus}, step ${step.stepName}${counts}${parts}`
}

function amount(count: string): string {
  return Number(count).toLocaleString('en-US')
}

function createProgressLine(): (text: string, last: boolean) => void {
  if (process.stdout.isTTY)
    return (text, last) => {
      process.stdout.write(`\r\u001B[K  ${text}${last ? '\n' : ''}`)
    }
  let looks = 0
  let shown = ''
  return (text, last) => {
    if (text !== shown && (last || looks % LOOKS_PER_LINE === 0)) {
      console.log(`  ${text}`)
      shown = text
    }
    looks++
  }
}
