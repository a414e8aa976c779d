// Executor threads of an application whose batchlets misbehave, for tests of what a server hears of it.
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Test } from 'tap'
import { NOTHING_INLINE } from '../../src/applications/built-in/built-in-limits.ts'
import { noMetrics } from '../../src/batch/metrics.ts'
import { ExecutionThread, type UnitHandlers } from '../../src/executor/execution-thread.ts'
import type { Isolation } from '../../src/executor/thread-host.ts'
import type { StepState } from '../../src/executor/unit-port.ts'
import { JOB_LOG_LIMITS } from '../../src/joblog/job-log-writer.ts'
import { jobOf, orderOf } from './run-job.ts'

const directory = join(import.meta.dirname, '../support/applications/thread-quirks')
const nothing: StepState = {
  persistentUserData: null,
  readerCheckpoint: null,
  writerCheckpoint: null,
  chunkNumber: 0,
  metrics: noMetrics()
}
const unexpected = () => Promise.reject(new Error('not expected here'))

/** `onStart` hears when the step begins. */
export function handlersOf(onStart: () => void = () => {}): UnitHandlers {
  return {
    startStep: async () => {
      onStart()
      return { stepExecutionId: 7, state: nothing, partitions: null }
    },
    endStep: async end => end.batchStatus,
    startPartitions: unexpected,
    startFlows: unexpected,
    sendCollected: unexpected,
    stepExecutions: unexpected,
    systemTask: unexpected,
    partOpened: () => {},
    logTrouble: () => {}
  }
}

export async function threadOf(
  t: Test,
  isolation: Isolation
): Promise<{ thread: ExecutionThread; root: string }> {
  const root = t.testdir()
  const thread = quirkyThread(root, isolation)
  t.teardown(() => thread.end('the test is over'))
  await thread.start()
  return { thread, root }
}

export function quirkyThread(
  root: string,
  isolation: Isolation,
  compileCache = process.env.NODE_COMPILE_CACHE ?? null
): ExecutionThread {
  return new ExecutionThread({
    isolation,
    heapMB: 40,
    environment: { LANG: 'C.UTF-8' },
    output: () => {},
    compileCache,
    settings: {
      application: { name: 'thread-quirks', directory },
      jobLogRoot: root,
      jobLogLimits: JOB_LOG_LIMITS,
      database: null,
      builtIn: NOTHING_INLINE
    }
  })
}

let lastUnit = 0

export function orderFor(root: string, ref: string) {
  const unitId = ++lastUnit
  const jsl = jobOf(`<step id="s"><batchlet ref="${ref}"/></step>`)
  return orderOf(jsl, { unitId, executionId: unitId, logDirectory: `${root}/job/execution.${unitId}/` })
}

export function logOf(root: string, unitId: number): string {
  return readFileSync(join(root, 'job', `execution.${unitId}`, 'part.1.log'), 'utf8')
}
