// What everything that runs inside one unit shares: its order, its port, its job, its context and its log.
import type { Injected, JobLogger } from '../batch/artifacts.ts'
import { JOB_LOGGER } from '../joblog/job-log-writer.ts'
import type { ArtifactRef, JobModel, Properties } from '../jsl/job-model.ts'
import type { JobSource } from '../jsl/job-source.ts'
import type { LoggedJob } from '../joblog/job-log-messages.ts'
import { fromArtifact } from './artifact-error.ts'
import type { JobContextState } from './contexts.ts'
import type { StopRequest } from './stop-request.ts'
import type { PreviousStep } from './previous-step.ts'
import type { UnitOrder, UnitPort } from './unit-port.ts'

/** An application's artifacts (`ArtifactRegistry` of the applications room). */
export interface ArtifactSource {
  /** A normalised object with the interface's methods; throws an Error naming `ref` when nobody exports it. */
  create(ref: string, injected: Injected): object | Promise<object>
}

/** Where the unit's log lines go (`JobLogWriter` of the joblog room); never throws. */
export interface JobLogSink {
  write(loggerName: string, message: string, error?: unknown): void
}

export interface UnitScope {
  readonly order: UnitOrder
  readonly port: UnitPort
  readonly stop: StopRequest
  readonly job: JobModel
  /** What the model was resolved from. */
  readonly source: JobSource
  readonly jobContext: JobContextState
  readonly registry: ArtifactSource
  readonly jobLog: JobLogSink
  /** The runtime's own lines of the job log. */
  readonly log: JobLogger
  /** What the runtime's lines name. */
  readonly logged: LoggedJob
  readonly previousSteps: ReadonlyMap<string, PreviousStep>
  /** Ids of the elements transitioned to so far (JSR-352 §8.9.3). */
  readonly visited: Set<string>
}

/** What an artifact gets beyond what its unit has. */
export type InjectedOfStep = Pick<Injected, 'stepContext' | 'partitionNumber' | 'connection' | 'chunk'>

/** Creates the artifact of one reference; rejects when no application exports it, or when its construction throws. */
export async function createArtifact(
  unit: UnitScope,
  ref: ArtifactRef,
  ofStep: InjectedOfStep | null
): Promise<object> {
  const injected: Omit<Injected, keyof InjectedOfStep> & Partial<InjectedOfStep> = {
    properties: injectedProperties(ref.properties),
    jobContext: unit.jobContext,
    jobParameters: unit.order.jobParameters,
    log: loggerOf(unit.jobLog, ref.ref),
    signal: unit.stop.signal,
    partitionNumber: null,
    ...ofStep
  }
  // Job listeners and deciders have no step: what belongs to one is absent there, as batch/artifacts.ts says.
  return fromArtifact(() => unit.registry.create(ref.ref, injected as Injected))
}

/** Creates one artifact for each reference, in document order. */
export async function createArtifacts(
  unit: UnitScope,
  refs: readonly ArtifactRef[],
  ofStep: InjectedOfStep | null = null
): Promise<readonly object[]> {
  const artifacts: object[] = []
  for (const ref of refs) artifacts.push(await createArtifact(unit, ref, ofStep))
  return artifacts
}

/** Logger whose lines bear `name` where Liberty's have the class. */
export function loggerOf(jobLog: JobLogSink, name: string): JobLogger {
  return {
    info: message => jobLog.write(name, message),
    warn: (message, error) => jobLog.write(name, message, error),
    error: (message, error) => jobLog.write(name, message, error)
  }
}

export function runtimeLogger(jobLog: JobLogSink): JobLogger {
  return loggerOf(jobLog, JOB_LOGGER)
}

/** JSR-352 §9.3.6: a property that resolves to '' is not injected. */
function injectedProperties(properties: Properties): Properties {
  return Object.freeze(Object.fromEntries(Object.entries(properties).filter(([, value]) => value !== '')))
}
