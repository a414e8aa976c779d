// The job and what it runs: steps, flows, splits and decisions, as they stand in the document.
import type { KnownElement } from './job-source.ts'
import type { Decision, ExecutionElement, Flow, JobModel, Split } from './job-model.ts'
import type { ProblemList } from './jsl-problem.ts'
import { readArtifact, readListeners } from './read-artifact.ts'
import { readStep } from './read-step.ts'
import { readTimeLimit } from './read-time-limit.ts'
import { readTransitions } from './read-transitions.ts'
import { childOf, childrenOf, flag, optionalText, readProperties, textOf } from './read-values.ts'

/** The model of a document whose structure was checked; values that do not fit go to `problems`. */
export function readJobElement(root: KnownElement, problems: ProblemList): JobModel {
  const timeLimit = readTimeLimit(root, problems)
  return {
    id: textOf(root, 'id'),
    restartable: flag(root, 'restartable', true, problems),
    properties: readProperties(childOf(root, 'properties'), problems),
    listeners: readListeners(root, problems),
    elements: readExecutionElements(root, problems),
    ...(timeLimit === null ? {} : { timeLimit })
  }
}

function readExecutionElements(parent: KnownElement, problems: ProblemList): readonly ExecutionElement[] {
  return parent.children.flatMap((element): readonly ExecutionElement[] => {
    switch (element.name) {
      case 'step':
        return [readStep(element, problems)]
      case 'flow':
        return [readFlow(element, problems)]
      case 'split':
        return [readSplit(element, problems)]
      case 'decision':
        return [readDecision(element, problems)]
      default:
        return []
    }
  })
}

function readFlow(element: KnownElement, problems: ProblemList): Flow {
  return {
    kind: 'flow',
    id: textOf(element, 'id'),
    line: element.line,
    next: optionalText(element, 'next'),
    elements: readExecutionElements(element, problems),
    transitions: readTransitions(element)
  }
}

function readSplit(element: KnownElement, problems: ProblemList): Split {
  return {
    kind: 'split',
    id: textOf(element, 'id'),
    line: element.line,
    next: optionalText(element, 'next'),
    flows: childrenOf(element, 'flow').map(flow => readFlow(flow, problems))
  }
}

function readDecision(element: KnownElement, problems: ProblemList): Decision {
  return {
    kind: 'decision',
    id: textOf(element, 'id'),
    line: element.line,
    artifact: readArtifact(element, problems),
    transitions: readTransitions(element)
  }
}
