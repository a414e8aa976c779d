// Writes down every call of an artifact, for comparison with a recording of another engine.
import { appendFileSync } from 'node:fs'
import { join } from 'node:path'
import type { JobContext, StepContext } from '../../../src/batch/artifacts.ts'

/** A line that tells of an instance; it stands before those of its calls. */
export interface RecordedInstance {
  readonly artifact: string
  /** What it can be called for. */
  readonly methods: readonly string[]
}

/** A line that tells of a call; the members that hold values are there only where the call had them. */
export interface RecordedCall {
  /** Artifact, with `#n` for the n-th instance made in this thread. */
  readonly artifact: string
  readonly method: string
  /** `job`, the name of the step, or `step#p<n>` in a partition. */
  readonly at: string
  readonly args?: readonly unknown[]
  readonly ret?: unknown
  readonly throws?: string
}

export interface CalledIn {
  readonly jobContext: JobContext
  readonly stepContext?: StepContext | undefined
  readonly partitionNumber: number | null
}

export type CallRecorder = (artifact: string, methods: readonly string[], where: CalledIn) => RecordOf
/** Begins one call; what it answers is called at its end. */
type RecordOf = (
  method: string,
  args: readonly unknown[]
) => (end: { ret?: unknown; throws?: unknown }) => void

/** Lines of JSON, one file for each job execution in `directory`. */
export function callRecorder(directory: string): CallRecorder {
  const instances = new Map<string, number>()
  return (artifact, methods, { jobContext, stepContext, partitionNumber }) => {
    const instance = (instances.get(artifact) ?? 0) + 1
    instances.set(artifact, instance)
    const step = stepContext?.stepName ?? 'job'
    const at = partitionNumber === null ? step : `${step}#p${partitionNumber}`
    const write = (line: RecordedInstance | RecordedCall) =>
      appendFileSync(join(directory, `${jobContext.executionId}.jsonl`), `${JSON.stringify(line)}\n`)
    write({ artifact: `${artifact}#${instance}`, methods })
    return (method, args) => {
      // Processors change their item: the arguments are those of the beginning.
      const given = args.slice(0, args.findLastIndex(argument => argument !== undefined) + 1)
      const before = given.length === 0 ? {} : { args: given.map(plain) }
      return ({ ret, throws }) => {
        const call: RecordedCall = {
          artifact: `${artifact}#${instance}`,
          method,
          at,
          ...before,
          ...(ret !== undefined && { ret: plain(ret) }),
          ...(throws !== undefined && { throws: String(plain(throws)) })
        }
        write(call)
      }
    }
  }
}

function plain(value: unknown): unknown {
  if (value instanceof Error) return `${value.name}: ${value.message}`
  return value === undefined ? null : structuredClone(value)
}
