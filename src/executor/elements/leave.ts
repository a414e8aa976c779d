// Where the job goes from an element that has ended: also asked by whoever foretells what a restart will do.
import type { ExecutionElement, Transition } from '../../jsl/job-model.ts'
import { matchesExitStatus } from '../../jsl/match-exit-status.ts'
import type { ElementOutcome, ElementsOutcome } from './element-outcome.ts'

export type Exit =
  | { readonly kind: 'next'; readonly to: string | null }
  | Extract<ElementsOutcome, { kind: 'terminated' | 'jobFailed' }>

/** JSR-352 §8.9.1, §8.9.2: transition elements in document order, also after an error; then `next`, but not after an error. */
export function leave(
  element: ExecutionElement,
  outcome: Pick<Extract<ElementOutcome, { kind: 'completed' | 'failed' }>, 'kind' | 'exitStatus'>
): Exit {
  const transitions = element.kind === 'split' ? [] : element.transitions
  const { exitStatus } = outcome
  const match =
    exitStatus === null ? undefined : transitions.find(({ on }) => matchesExitStatus(on, exitStatus))
  if (match) return exitOf(match)
  if (outcome.kind === 'failed') return { kind: 'jobFailed', reason: null }
  return { kind: 'next', to: element.kind === 'decision' ? null : element.next }
}

export function exitOf(transition: Transition): Exit {
  switch (transition.kind) {
    case 'next':
      return { kind: 'next', to: transition.to }
    case 'end':
      return terminated('COMPLETED', transition.exitStatus, null)
    case 'fail':
      return terminated('FAILED', transition.exitStatus, null)
    case 'stop':
      return terminated('STOPPED', transition.exitStatus, transition.restart)
  }
}

function terminated(
  batchStatus: 'COMPLETED' | 'FAILED' | 'STOPPED',
  exitStatus: string | null,
  restartOn: string | null
): Exit {
  return { kind: 'terminated', batchStatus, exitStatus, restartOn }
}
