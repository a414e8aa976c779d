// The children a running unit waits for: partitions of a step or flows of a split, begun a window at a time, told to the
// parent's thread in order as they end (ENGINE E8, E10).
import type { BatchStatus, EndStatus } from '../batch/batch-status.ts'
import type { ChildEvent, FlowOutcome } from '../executor/unit-port.ts'
import type { ChildUnit } from '../store/children.ts'

export function childKey(child: {
  readonly partitionNumber: number | null
  readonly flow: string | null
}): string {
  return child.flow === null ? `partition ${child.partitionNumber}` : `flow ${child.flow}`
}

function keyOf(child: ChildUnit): string {
  return child.kind === 'flow' ? `flow ${child.flow}` : `partition ${child.partitionNumber}`
}

/** What a thread is told of a child whose unit is gone, from how it stands in the repository. */
export function endEventOf(child: {
  readonly partitionNumber: number | null
  readonly flow: string | null
  readonly batchStatus: BatchStatus
  readonly exitStatus: string | null
  readonly message: string | null
  readonly began: boolean
}): ChildEvent {
  const { partitionNumber, flow, batchStatus, exitStatus, message, began } = child
  if (flow !== null) return { kind: 'flowEnded', flow, outcome: endedFlow('STOPPED', false) }
  if (batchStatus === 'STARTING') return { kind: 'yielded', partitionNumber, flow: null }
  return {
    kind: 'partitionEnded',
    partitionNumber: partitionNumber!,
    batchStatus: batchStatus as EndStatus,
    exitStatus: exitStatus ?? batchStatus,
    message,
    neverBegan: !began
  }
}

/** A flow that never ran, or was ended from outside. */
export function endedFlow(batchStatus: EndStatus, terminated: boolean): FlowOutcome {
  return { batchStatus, exitStatus: null, terminated, restartOn: null, lastStepExecutionIds: [] }
}

/** Inserts units; the verdict says whether they were inserted. */
export type InsertChildren = (children: readonly ChildUnit[]) => Promise<'started' | 'stopping' | 'fenced'>

export type ChildSource =
  { readonly stepExecutionId: number } | { readonly executionId: number; readonly split: string }

function sourceOf(executionId: number, child: ChildUnit | undefined): ChildSource | null {
  if (child === undefined) return null
  return child.kind === 'flow'
    ? { executionId, split: child.split }
    : { stepExecutionId: child.stepExecutionId }
}

export class Children {
  readonly #insert: InsertChildren
  readonly #deliver: (event: ChildEvent) => void
  readonly #onError: (error: unknown) => void
  readonly #waiting: ChildUnit[]
  /** With their numbers, if they are partitions. */
  readonly #begun = new Map<string, number | null>()
  readonly #inserted = new Set<string>()
  /** Where the repository keeps how these children ended. */
  readonly source: ChildSource | null
  #inserting: Promise<void> = Promise.resolve()

  constructor(
    executionId: number,
    children: readonly ChildUnit[],
    insert: InsertChildren,
    deliver: (event: ChildEvent) => void,
    onError: (error: unknown) => void
  ) {
    this.#onError = onError
    this.#waiting = [...children]
    this.source = sourceOf(executionId, children[0])
    this.#insert = insert
    this.#deliver = deliver
  }

  /** Children that have not ended. */
  get open(): number {
    return this.#waiting.length + this.#begun.size
  }

  /** Numbers of the partitions whose units were made, or are being made, and that have not ended. */
  get begun(): readonly number[] {
    return [...this.#begun.values()].filter(number => number !== null)
  }

  /** Keys of the children whose units were made and that have not ended. */
  get inserted(): ReadonlySet<string> {
    return new Set(this.#inserted)
  }

  /** Makes units of the next `count`; rejects when the parent is fenced. */
  async begin(count: number): Promise<void> {
    const next = this.#waiting.splice(0, count)
    if (next.length === 0) return
    for (const child of next)
      this.#begun.set(keyOf(child), child.kind === 'partition' ? child.partitionNumber : null)
    const verdict = await this.#insert(next)
    if (verdict === 'started') {
      for (const child of next) if (this.#begun.has(keyOf(child))) this.#inserted.add(keyOf(child))
      return
    }
    for (const child of next) this.#begun.delete(keyOf(child))
    if (verdict === 'fenced') return
    // A stop was requested: none of the others begins either.
    for (const child of [...next, ...this.#waiting.splice(0)]) this.#deliver(neverBegan(child))
  }

  /** One has ended; the next begins. Events of a child that is not waited for (told twice) are dropped. */
  ended(key: string, event: ChildEvent): void {
    if (!this.#begun.delete(key)) return
    this.#inserted.delete(key)
    this.#deliver(event)
    this.#inserting = this.#inserting.then(() => this.begin(1)).catch(this.#onError)
  }

  /** The execution yields: children that have no unit yet get none. */
  yieldWaiting(): void {
    for (const child of this.#waiting.splice(0))
      this.#deliver({
        kind: 'yielded',
        partitionNumber: child.kind === 'partition' ? child.partitionNumber : null,
        flow: child.kind === 'flow' ? child.flow : null
      })
  }

  collected(event: ChildEvent): void {
    this.#deliver(event)
  }
}

function neverBegan(child: ChildUnit): ChildEvent {
  return child.kind === 'flow'
    ? { kind: 'flowEnded', flow: child.flow, outcome: endedFlow('STOPPED', false) }
    : {
        kind: 'partitionEnded',
        partitionNumber: child.partitionNumber,
        batchStatus: 'STOPPED',
        exitStatus: 'STOPPED',
        message: null,
        neverBegan: true
      }
}
