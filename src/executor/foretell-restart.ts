// What a restart will do with each step, without running anything: the same decisions as a run makes, asked of what is stored.
import type { ExecutionElement, JobModel, Split, Step } from '../jsl/job-model.ts'
import { type Exit, exitOf, leave } from './elements/leave.ts'
import { decideStep } from './elements/step-decision.ts'
import { planPartitions, type StoredPartition } from './step/partition-plan.ts'
import type { PreviousStep } from './previous-step.ts'

/** What an attempt left of a step, or of a partition of one: `Checkpoint` is whatever the caller wants to show of it. */
export interface LeftPartition<Checkpoint> extends StoredPartition {
  readonly checkpoint: Checkpoint | null
}

export interface LeftStep<Checkpoint> extends PreviousStep {
  readonly checkpoint: Checkpoint | null
  /** Those a restart goes on with; empty where none were planned. */
  readonly partitions: readonly LeftPartition<Checkpoint>[]
}

export type Will = 'skip' | 'run' | 'resume'

export interface ForetoldPartition<Checkpoint> {
  readonly partitionNumber: number
  readonly will: Will
  readonly from: Checkpoint | null
}

export interface ForetoldStep<Checkpoint> {
  readonly stepName: string
  /** resume: from a checkpoint, or with partitions of before. */
  readonly will: Will
  readonly from: Checkpoint | null
  /** Of a plan that a mapper is still to make: empty. */
  readonly partitions: readonly ForetoldPartition<Checkpoint>[]
  /** It is come to if all that runs before it completes; else that hangs on an exit status or a decision as well. */
  readonly certain: boolean
  readonly why: string | null
}

export interface ForetoldRestart<Checkpoint> {
  /** In the order in which they are come to; those that nothing leads to are left out. */
  readonly steps: readonly ForetoldStep<Checkpoint>[]
  /** The execution would end FAILED, and where. */
  readonly failure: { readonly reason: string; readonly certain: boolean } | null
}

/** How an element, or a level of them, is left; `exitStatus` `undefined` = that is not known before it ran. */
interface Left {
  readonly certain: boolean
  readonly exitStatus: string | null | undefined
}

export function foretellRestart<Checkpoint>(
  job: JobModel,
  restartOn: string | null,
  left: ReadonlyMap<string, LeftStep<Checkpoint>>
): ForetoldRestart<Checkpoint> {
  const steps: ForetoldStep<Checkpoint>[] = []
  let failure: ForetoldRestart<Checkpoint>['failure'] = null
  const fails = (reason: string, certain: boolean) => {
    if (failure === null || (certain && !failure.certain)) failure = { reason, certain }
    return null
  }

  /** `null`: the job ends inside. */
  function ofLevel(elements: readonly ExecutionElement[], at: string | null, certain: boolean): Left | null {
    const first = at ?? elements[0]?.id
    if (first === undefined) return { certain, exitStatus: null }
    const lefts: Left[] = []
    const seen = new Set<string>()
    const ways = [{ to: first, certain }]
    for (let way = ways.shift(); way !== undefined; way = ways.shift()) {
      const { to } = way
      const element = elements.find(({ id }) => id === to)
      if (element === undefined) fails(`there is no element ${to} to go on with`, way.certain)
      if (element === undefined || seen.has(to)) continue
      seen.add(to)
      const ended = ofElement(element, way.certain)
      if (ended === null) continue
      const exits = exitsOf(element, ended.exitStatus)
      const stillCertain = ended.certain && exits.length === 1
      for (const exit of exits) {
        if (exit.kind === 'next' && exit.to !== null) ways.push({ to: exit.to, certain: stillCertain })
        if (exit.kind === 'next' && exit.to === null)
          lefts.push({ certain: stillCertain, exitStatus: ended.exitStatus })
      }
    }
    if (lefts.length > 1) return { certain: false, exitStatus: undefined }
    return lefts[0] ?? null
  }

  function ofElement(element: ExecutionElement, certain: boolean): Left | null {
    switch (element.kind) {
      case 'step':
        return ofStep(element, certain)
      case 'flow':
        return ofLevel(element.elements, null, certain)
      case 'split':
        return ofSplit(element, certain)
      case 'decision':
        return { certain, exitStatus: undefined }
    }
  }

  /** Each of its flows is a level of its own, and none of them is left out when another ends the job. */
  function ofSplit(split: Split, certain: boolean): Left | null {
    const flows = split.flows.map(flow => ofLevel([flow], null, certain))
    if (flows.includes(null)) return null
    return { certain: flows.every(flow => flow?.certain === true), exitStatus: 'COMPLETED' }
  }

  function ofStep(step: Step, certain: boolean): Left | null {
    const before = left.get(step.id)
    const decision = decideStep(step, before, { resumed: false, executionId: 0 })
    const none = { stepName: step.id, from: null, partitions: [], certain }
    if (decision.kind === 'run') {
      const goesOn = decision.mode === 'continue' && before !== undefined
      steps.push({ ...none, ...(goesOn ? goingOn(step, before) : beginning(step, before)) })
      return { certain, exitStatus: undefined }
    }
    if (decision.kind === 'limit') {
      steps.push({ ...none, will: 'skip', why: decision.reason })
      return fails(decision.reason, certain)
    }
    steps.push({ ...none, will: 'skip', why: 'it is COMPLETED' })
    return { certain, exitStatus: decision.outcome.exitStatus }
  }

  ofLevel(job.elements, restartOn, true)
  return { steps, failure }
}

/** Where an element may lead; one way where its exit status is known, or decides nothing. */
function exitsOf(element: ExecutionElement, exitStatus: string | null | undefined): Exit[] {
  if (exitStatus !== undefined) return [leave(element, { kind: 'completed', exitStatus })]
  const transitions = element.kind === 'split' ? [] : element.transitions
  const catchAll = transitions.findIndex(({ on }) => /^\*+$/.test(on))
  const tried = catchAll === -1 ? transitions : transitions.slice(0, catchAll + 1)
  const unmatched = catchAll === -1 ? [leave(element, { kind: 'completed', exitStatus: null })] : []
  const exits = [...unmatched, ...tried.map(exitOf)]
  const different = new Map(exits.map(exit => [JSON.stringify(exit), exit]))
  return [...different.values()]
}

type Part<Checkpoint> = Pick<ForetoldStep<Checkpoint>, 'will' | 'from' | 'partitions' | 'why'>

function beginning<Checkpoint>(step: Step, before: LeftStep<Checkpoint> | undefined): Part<Checkpoint> {
  const plan = step.partition?.plan
  const count = plan?.kind === 'plan' ? plan.partitions : 0
  const partitions = Array.from({ length: count }, (_, partitionNumber) => ({
    partitionNumber,
    will: 'run' as const,
    from: null
  }))
  const why = before === undefined ? null : 'it is COMPLETED, and allow-start-if-complete is "true"'
  return { will: 'run', from: null, partitions, why }
}

function goingOn<Checkpoint>(step: Step, before: LeftStep<Checkpoint>): Part<Checkpoint> {
  const why = `it is ${before.batchStatus}`
  if (step.partition === null) {
    const from = step.work.kind === 'chunk' ? before.checkpoint : null
    return { will: from === null ? 'run' : 'resume', from, partitions: [], why }
  }
  if (before.partitions.length === 0) return { ...beginning(step, undefined), why }
  const { plan } = step.partition
  // What a mapper will answer is not known; unless it overrides, the partitions are those of before.
  const asBefore = { partitions: before.partitions.length, threads: 0, properties: [] }
  const settled = { ...(plan.kind === 'plan' ? plan : asBefore), override: false, keepProperties: true }
  const planned = planPartitions(settled, before.partitions)
  const partitions = planned.partitions.map(({ partitionNumber }): ForetoldPartition<Checkpoint> => {
    if (planned.carriedOver.includes(partitionNumber)) return { partitionNumber, will: 'skip', from: null }
    const from =
      before.partitions.find(partition => partition.partitionNumber === partitionNumber)?.checkpoint ?? null
    return { partitionNumber, will: from === null ? 'run' : 'resume', from }
  })
  const mapped = plan.kind === 'mapper' ? ', and its mapper may discard these partitions' : ''
  return { will: 'resume', from: null, partitions, why: `${why}${mapped}` }
}
