// What is below a unit at work: its children of the moment, and where they are looked for if other servers may run them.
import type { StepPartitions } from '../executor/step/partition-plan.ts'
import type { ChildEvent, Fenced, FlowOutcome } from '../executor/unit-port.ts'
import { findEndedFlows } from '../store/child-ends.ts'
import { type ChildUnit, insertChildUnits, startPartitions } from '../store/children.ts'
import type { Claim } from '../store/step-starts.ts'
import { Children, type InsertChildren } from './children.ts'
import type { DispatchOptions } from './dispatch-options.ts'
import { RemoteChildren } from './remote-children.ts'

export interface ChildrenAtWorkOptions {
  readonly options: DispatchOptions
  readonly parent: Claim
  readonly executionId: number
  /** It was interrupted, and goes on. */
  readonly resumed: boolean
  readonly deliver: (event: ChildEvent) => void
  /** There are new READY units. */
  readonly wake: () => void
  readonly lost: () => Fenced
}

export class ChildrenAtWork {
  readonly #around: ChildrenAtWorkOptions
  #children: Children | null = null
  #remote: RemoteChildren | null = null
  #yields = false

  constructor(around: ChildrenAtWorkOptions) {
    this.#around = around
  }

  get children(): Children | null {
    return this.#children
  }

  /** Some of them have not ended. */
  get waits(): boolean {
    return this.#children !== null && this.#children.open > 0
  }

  /** They give way, those that have no unit yet at once. */
  yield(): void {
    this.#yields = true
    this.#children?.yieldWaiting()
    this.#inBackground(this.#remote?.giveWay())
  }

  /** For those that may be on other servers; `false`: there is none to wait for. `null`: it is not known of which there is news. */
  async look(partitions: readonly number[] | null): Promise<boolean> {
    if (this.#remote === null || !this.waits) return false
    await (this.#yields && partitions === null ? this.#remote.giveWay() : this.#remote.look(partitions))
    return true
  }

  async startPartitions({ multiJVM, ...plan }: StepPartitions): Promise<void> {
    const { db, server } = this.#around.options
    const { parent } = this.#around
    const { incarnation } = server
    const { stepExecutionId } = plan
    const carried = new Set(plan.carriedOver)
    const children = plan.partitions
      .filter(partition => !carried.has(partition.partitionNumber))
      .map(({ partitionNumber }): ChildUnit => ({ kind: 'partition', stepExecutionId, partitionNumber }))
    const stored: { remote: boolean | null } = { remote: null }
    const insert: InsertChildren = async next => {
      if (stored.remote !== null)
        return await insertChildUnits(db, parent, stored.remote ? null : incarnation, next)
      // The plan, the rows of all partitions and the units of the first are one transaction.
      const begun = await startPartitions(db, parent, plan, { incarnation, multiJVM, first: next })
      if (begun.state === 'fenced') throw this.#around.lost()
      stored.remote = begun.remote
      return begun.state
    }
    if (children.length === 0) {
      await insert([])
      return
    }
    await this.#begin(children, plan.threads > 0 ? plan.threads : children.length, insert, made => {
      if (stored.remote !== true) return
      const { deliver } = this.#around
      this.#remote = new RemoteChildren({ db, parent, stepExecutionId, children: made, deliver })
      // What an interrupted attempt left, and what there was news of before anybody listened.
      this.#inBackground(this.look(null))
    })
  }

  async startFlows(split: string, flows: readonly string[]): Promise<void> {
    const { options, parent, executionId, resumed, deliver } = this.#around
    const ended = resumed ? await findEndedFlows(options.db, { executionId, split }) : []
    for (const { flow, batchStatus, outcome } of ended)
      deliver({ kind: 'flowEnded', flow, outcome: { ...(outcome as FlowOutcome), batchStatus } })
    const open = flows.filter(flow => ended.every(each => each.flow !== flow))
    // E10: a split begins at most as many flows at a time as there are threads.
    await this.#begin(
      open.map((flow): ChildUnit => ({ kind: 'flow', split, flow })),
      options.threads,
      next => insertChildUnits(options.db, parent, options.server.incarnation, next),
      () => {}
    )
  }

  async #begin(
    children: readonly ChildUnit[],
    atOneTime: number,
    insert: InsertChildren,
    begun: (made: Children) => void
  ): Promise<void> {
    const { options, parent, executionId, deliver, wake } = this.#around
    const made = new Children(
      executionId,
      children,
      async next => {
        const verdict = await insert(next)
        if (verdict === 'started') wake()
        return verdict
      },
      deliver,
      error => options.log.error({ err: error, unitId: parent.unitId }, 'the next child could not be begun')
    )
    this.#remote = null
    this.#children = made
    await made.begin(atOneTime)
    begun(made)
    // It was told so before it had these.
    if (this.#yields) this.yield()
  }

  #inBackground(work: Promise<unknown> | undefined): void {
    const { options, parent } = this.#around
    work?.catch((error: unknown) =>
      options.log.warn(
        { err: error, unitId: parent.unitId },
        'partitions on other servers could not be looked for; it is tried again'
      )
    )
  }
}
