// The caps on job logs of this server: one on each execution at work, one on the whole folder; kept current by who writes and who
// deletes, so that no job has to wait for the folder to be walked.
import fs from 'node:fs/promises'
import path from 'node:path'
import { LogCounter, type SharedSpace } from './log-space.ts'

const MB = 1024 * 1024

export interface SpaceLimits {
  /** BATCH_JOBLOG_EXECUTION_MB, BATCH_JOBLOG_TOTAL_MB; 0 = none. */
  readonly executionMB: number
  readonly totalMB: number
}

interface OpenExecution {
  units: number
  readonly counter: Promise<LogCounter>
  /** What the server's log was told of it. */
  readonly told: Set<string>
}

export class JobLogSpaces {
  readonly #root: string
  readonly #limits: SpaceLimits
  readonly #total: LogCounter | null
  readonly #shortages: SharedSpace['shortages']
  readonly #executions = new Map<number, OpenExecution>()
  #fullIsTold = false

  constructor(root: string, limits: SpaceLimits) {
    this.#root = root
    this.#limits = limits
    // Until it is measured the folder counts as empty: a server must not wait for a walk before it can work.
    this.#total = limits.totalMB === 0 ? null : LogCounter.of(limits.totalMB * MB)
    this.#shortages = {
      execution: `the job logs of one execution may have ${limits.executionMB} MB (BATCH_JOBLOG_EXECUTION_MB)`,
      total: `all job logs of this server may have ${limits.totalMB} MB (BATCH_JOBLOG_TOTAL_MB)`
    }
  }

  /** Somebody counts what is deleted. */
  get counts(): boolean {
    return this.#total !== null
  }

  /**
   * For one more unit of the execution, until `close`; `null` = without any limit. `writtenIn`: the log folder of an execution
   * that was interrupted, relative to the root, to be counted unless it is known.
   */
  async open(executionId: number, writtenIn: string | null): Promise<SharedSpace | null> {
    const { executionMB } = this.#limits
    if (executionMB === 0 && this.#total === null) return null
    let execution = this.#executions.get(executionId)
    if (execution === undefined) {
      const counter = this.#counterOf(writtenIn)
      execution = { units: 0, counter, told: new Set() }
      this.#executions.set(executionId, execution)
    }
    execution.units++
    return {
      execution: executionMB === 0 ? null : (await execution.counter).memory,
      total: this.#total?.memory ?? null,
      shortages: this.#shortages
    }
  }

  async #counterOf(writtenIn: string | null): Promise<LogCounter> {
    const written = writtenIn === null ? 0 : await bytesIn(path.join(this.#root, writtenIn)).catch(() => 0)
    return LogCounter.of(this.#limits.executionMB * MB - written)
  }

  /** The unit has ended. */
  close(executionId: number): void {
    const execution = this.#executions.get(executionId)
    if (execution === undefined) return
    execution.units--
    if (execution.units === 0) this.#executions.delete(executionId)
  }

  /** These bytes of logs were deleted. */
  freed(bytes: number): void {
    this.#total?.give(bytes)
    this.#fullIsTold = false
  }

  /** Walks the folder, and counts from what it finds; what is written meanwhile may count twice until the next time. */
  async measure(signal: AbortSignal): Promise<void> {
    const total = this.#total
    if (total === null) return
    const before = total.left
    const bytes = await bytesIn(this.#root, signal)
    if (signal.aborted) return
    total.give(this.#limits.totalMB * MB - bytes - before)
    if (total.left > 0) this.#fullIsTold = false
  }

  /** Whether the server's log has not been told this yet: a full folder once for all, anything else once an execution. */
  isNews(executionId: number, trouble: string): boolean {
    if (trouble === this.#shortages.total) {
      const news = !this.#fullIsTold
      this.#fullIsTold = true
      return news
    }
    const told = this.#executions.get(executionId)?.told
    if (told === undefined || told.has(trouble)) return told === undefined
    told.add(trouble)
    return true
  }
}

/** Of all files below; links count as nothing. What is deleted meanwhile too. */
export async function bytesIn(directory: string, signal?: AbortSignal): Promise<number> {
  let bytes = 0
  try {
    for await (const entry of await fs.opendir(directory)) {
      if (signal?.aborted === true) return bytes
      const file = path.join(directory, entry.name)
      if (entry.isDirectory()) bytes += await bytesIn(file, signal)
      else if (entry.isFile()) bytes += await sizeOf(file)
    }
  } catch (error) {
    if (!isMissing(error)) throw error
  }
  return bytes
}

async function sizeOf(file: string): Promise<number> {
  try {
    return (await fs.lstat(file)).size
  } catch (error) {
    if (isMissing(error)) return 0
    throw error
  }
}

function isMissing(error: unknown): boolean {
  return error instanceof Error && 'code' in error && error.code === 'ENOENT'
}
