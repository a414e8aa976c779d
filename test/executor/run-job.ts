// Starts and restarts a job over the recorded port, with artifacts given as plain factories.
import type { Injected } from '../../src/batch/artifacts.ts'
import { runUnit } from '../../src/executor/run-unit.ts'
import { StopRequest } from '../../src/executor/stop-request.ts'
import type { UnitOrder, UnitOutcome } from '../../src/executor/unit-port.ts'
import { RecordedInstance, type StepRow } from './recorded-instance.ts'
import { RecordedUnitPort } from './recorded-unit-port.ts'

export type Artifacts = Readonly<Record<string, (injected: Injected) => object>>

export interface RanJob extends UnitOutcome {
  readonly instance: RecordedInstance
  readonly executionId: number
  readonly steps: readonly StepRow[]
  /** What the next restart begins with. */
  readonly next: { readonly instance: RecordedInstance; readonly restartOn: string | null }
}

export interface RunJob {
  /** The elements of the job, or a whole JSL. */
  readonly jsl: string
  readonly artifacts: Artifacts
  readonly jobParameters?: Readonly<Record<string, string>>
  readonly systemProperties?: Readonly<Record<string, string>>
  readonly stop?: StopRequest
  readonly from?: RanJob['next']
  /** Goes on with this execution instead of beginning one. */
  readonly resume?: number
}

let lastExecutionId = 0

export function jobOf(elements: string): string {
  return `<job xmlns="https://jakarta.ee/xml/ns/jakartaee" version="2.0" id="job">${elements}</job>`
}

export function orderOf(jsl: string, more: Partial<UnitOrder> = {}): UnitOrder {
  return {
    unitId: 1,
    epoch: 1,
    seq: 0,
    kind: 'execution',
    instanceId: 1,
    executionId: 1,
    jobName: 'job',
    jsl,
    inline: true,
    jobParameters: {},
    systemProperties: {},
    application: { name: 'app', directory: '/nowhere' },
    restartOn: null,
    previousSteps: [],
    resumed: false,
    logDirectory: '/nowhere/',
    timeZone: 'UTC',
    flow: null,
    partition: null,
    ...more
  }
}

export async function runJob(job: RunJob): Promise<RanJob> {
  const instance = job.from?.instance ?? new RecordedInstance()
  const executionId = job.resume ?? ++lastExecutionId
  const jsl = job.jsl.startsWith('<job') ? job.jsl : jobOf(job.jsl)
  const order = orderOf(jsl, {
    instanceId: instance.instanceId,
    executionId,
    jobName: /<job [^>]*\bid="([^"]*)"/.exec(jsl)![1]!,
    jobParameters: job.jobParameters ?? {},
    systemProperties: job.systemProperties ?? {},
    restartOn: job.from?.restartOn ?? null,
    previousSteps: instance.previousSteps(),
    resumed: job.resume !== undefined
  })
  const stop = job.stop ?? new StopRequest()
  const registry = {
    create(ref: string, injected: Injected): object {
      const make = job.artifacts[ref]
      if (!make) throw new Error(`Artifact ${ref} is not exported`)
      return make(injected)
    }
  }
  const jobLog = {
    write: (name: string, message: string, error?: unknown) => {
      instance.log.push(`${name}: ${message}${error instanceof Error ? ` ${error.message}` : ''}`)
    }
  }
  const deps = { registry, jobLog }
  const port = new RecordedUnitPort(instance, order, stop, deps)
  const outcome = await runUnit(structuredClone(order), port, stop, deps)
  const next = { instance, restartOn: outcome.restartOn }
  return { ...outcome, instance, executionId, steps: instance.stepsOf(executionId), next }
}
