// What a server and an executor thread say to each other: two unions, the same for worker threads and child processes.
import type { ArtifactNames } from '../../applications/artifact-names.ts'
import type { BuiltInSettings } from '../../applications/built-in/built-in-limits.ts'
import type { JobLogLimits } from '../../joblog/job-log-writer.ts'
import {
  Fenced,
  type ChildEvent,
  type EndStep,
  type UnitOrder,
  type UnitOutcome,
  type UnitPort
} from '../unit-port.ts'

/** What a thread is given once, at its start: it serves one application. */
export interface ThreadSettings {
  readonly application: { readonly name: string; readonly directory: string }
  /** Absolute folder of all job logs; `UnitOrder.logDirectory` lies below it. */
  readonly jobLogRoot: string
  readonly jobLogLimits: JobLogLimits
  /** Where chunks find the job repository, as store/chunk-transactions.ts wants it; `null` = this thread has no database. */
  readonly database: Readonly<Record<string, unknown>> | null
  /** What built-in artifacts may reach. */
  readonly builtIn: BuiltInSettings
}

/** The methods of UnitPort that the server answers. */
export type PortMethod =
  | 'startStep'
  | 'endStep'
  | 'startPartitions'
  | 'startFlows'
  | 'sendCollected'
  | 'stepExecutions'
  | 'systemTask'

/** An error on its way between threads: what is left of one that was cloned. */
export interface WireError {
  readonly name: string
  readonly message: string
  readonly stack: string | undefined
  readonly fenced: boolean
}

export type ToThread =
  /** `heapMB`: what job code may use of it. */
  | { readonly type: 'begin'; readonly settings: ThreadSettings; readonly heapMB: number }
  | { readonly type: 'run'; readonly order: UnitOrder }
  /** `overdue`: because of a time limit. */
  | { readonly type: 'stop'; readonly reason: string; readonly overdue: boolean }
  /** A line of the server for the job log of the unit at work. */
  | { readonly type: 'note'; readonly text: string }
  | { readonly type: 'yield' }
  /** The server has had no proof of life for a lease: no chunk begins until it has (ENGINE E6). */
  | { readonly type: 'hold'; readonly held: boolean }
  | { readonly type: 'childEvent'; readonly event: ChildEvent }
  | { readonly type: 'reply'; readonly id: number; readonly value: unknown }
  | { readonly type: 'refused'; readonly id: number; readonly error: WireError }

export type PortRequest = {
  readonly [M in PortMethod]: {
    readonly type: 'request'
    readonly id: number
    readonly method: M
    readonly args: Parameters<UnitPort[M]>
  }
}[PortMethod]

export type FromThread =
  | { readonly type: 'ready' }
  /** What the application exports, or why its code could not be loaded. */
  | { readonly type: 'artifacts'; readonly names: ArtifactNames | null; readonly reason: string }
  | PortRequest
  /** Collector data stand in the job repository, for a parent on another server. */
  | { readonly type: 'collectedStands' }
  | { readonly type: 'partOpened'; readonly relativePath: string }
  /** The job log has a gap, for this reason first; the unit goes on. */
  | { readonly type: 'logTrouble'; readonly reason: string }
  /** Since it was told last, of the unit at work. */
  | { readonly type: 'chunks'; readonly committed: number; readonly rolledBack: number }
  | { readonly type: 'ended'; readonly outcome: UnitOutcome; readonly step: EndStep | null }
  | { readonly type: 'fenced' }
  /** It gave its thread back at a checkpoint; what it did so far stands (ENGINE E12). */
  | { readonly type: 'yielded' }
  /** The unit at work is lost, for this reason; the thread ends itself. */
  | { readonly type: 'crashed'; readonly reason: string }
  /** Something an earlier unit left behind went wrong, or is too much: no unit is to blame, but the thread should be replaced. */
  | { readonly type: 'sullied'; readonly reason: string }

export function toWire(error: unknown): WireError {
  const { name, message, stack } = error instanceof Error ? error : new Error(String(error))
  return { name, message, stack, fenced: error instanceof Fenced }
}

export function fromWire(wire: WireError): Error {
  if (wire.fenced) return new Fenced(wire.message)
  const error = new Error(wire.message)
  error.name = wire.name
  if (wire.stack !== undefined) error.stack = wire.stack
  return error
}
