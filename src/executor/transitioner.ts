// The order in which elements run: without this loop every step would have to know what comes after it (JSR-352 §8.9).
import * as messages from '../joblog/job-log-messages.ts'
import type { ExecutionElement, Flow, Step } from '../jsl/job-model.ts'
import { runDecision } from './elements/decision.ts'
import type {
  Completed,
  ElementsOutcome,
  ElementOutcome,
  Failed,
  JobEnd
} from './elements/element-outcome.ts'
import { leave } from './elements/leave.ts'
import { runSplit } from './elements/split.ts'
import { runStepElement } from './elements/step.ts'
import { Yielded } from './unit-port.ts'
import type { UnitScope } from './unit-scope.ts'

/** A job or a flow: what it is called in messages, and the elements that may be transitioned to inside it. */
export interface Level {
  readonly name: string
  readonly elements: readonly ExecutionElement[]
  /** Where it is left the unit ends, and no job code runs in between. */
  readonly endsUnit?: boolean
}

export interface Begin {
  /** Id of the element to begin at; `null` = the first in document order. */
  readonly at: string | null
  /** What a decision that comes first is given. */
  readonly lastStepExecutionIds: readonly number[]
}

/** Runs the elements of one level until it is left by one of its named exits. Rejects for Fenced and faults only. */
export async function runElements(unit: UnitScope, level: Level, begin: Begin): Promise<ElementsOutcome> {
  let last = begin.lastStepExecutionIds
  let element = begin.at === null ? level.elements[0] : level.elements.find(({ id }) => id === begin.at)
  if (!element && begin.at !== null) return broken(`${level.name} has no element ${begin.at} to begin at`)
  // An empty flow ends at once; an empty job was refused with its JSL.
  if (!element) return { kind: 'completed', exitStatus: null, lastStepExecutionIds: last }
  for (;;) {
    // JSR-352 §11.13: a stop between elements starts no further one.
    if (unit.stop.requested) return { kind: 'stopped' }
    if (unit.stop.yields) throw new Yielded()
    if (unit.visited.has(element.id)) {
      return broken(`${element.id} was transitioned to a second time in one execution (JSR-352 §8.9.3)`)
    }
    unit.visited.add(element.id)
    const outcome = await runElement(unit, level, element, last)
    if (outcome.kind !== 'completed' && outcome.kind !== 'failed') return outcome
    last = outcome.lastStepExecutionIds
    const exit = leave(element, outcome)
    if (exit.kind === 'jobFailed') return exit
    // No transition is followed after a stop, but what failed unhandled stays a failure.
    if (unit.stop.requested) return { kind: 'stopped' }
    if (exit.kind === 'terminated') return exit
    if (exit.to === null) {
      return { kind: 'completed', exitStatus: outcome.exitStatus, lastStepExecutionIds: last }
    }
    const from: string = element.id
    element = level.elements.find(({ id }) => id === exit.to)
    if (!element) return broken(`${from} transitions to ${exit.to}, which is no element of ${level.name}`)
  }
}

/** The one place that knows the kinds of elements. */
function runElement(
  unit: UnitScope,
  level: Level,
  element: ExecutionElement,
  last: readonly number[]
): Promise<ElementOutcome> {
  switch (element.kind) {
    case 'step':
      return runStepElement(unit, element, outcome => level.endsUnit === true && leaves(element, outcome))
    case 'flow':
      unit.log.info(messages.flowStarted(unit.logged, element.id))
      // JSR-352 §8.9.4: what ends the job inside a flow ends it outside too; else its last element's exit status is its own ([RI]).
      return runElements(unit, flowLevel(element), { at: null, lastStepExecutionIds: last })
    case 'split':
      return runSplit(unit, element)
    case 'decision':
      return runDecision(unit, element, last)
  }
}

function flowLevel(flow: Flow): Level {
  return { name: `flow ${flow.id}`, elements: flow.elements }
}

/** Nothing of the level runs after it. */
function leaves(step: Step, outcome: Completed | Failed | JobEnd): boolean {
  if (outcome.kind !== 'completed' && outcome.kind !== 'failed') return true
  const exit = leave(step, outcome)
  return exit.kind !== 'next' || exit.to === null
}

function broken(reason: string): ElementsOutcome {
  return { kind: 'jobFailed', reason }
}
