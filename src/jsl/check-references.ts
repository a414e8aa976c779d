// Where may a job go next? Without this a misspelt `next` would only be found hours later, when the step before it is done.
import { label, type JslAttribute, type KnownElement } from './job-source.ts'
import { shown, type ProblemList } from './jsl-problem.ts'
import { givenAttribute, textOf } from './read-values.ts'

const EXECUTION_ELEMENTS = new Set(['step', 'flow', 'split', 'decision'])
const RESTART_TARGETS = new Set(['step', 'flow', 'split'])
const TRANSITIONS = new Set(['next', 'end', 'fail', 'stop'])

/**
 * JSR-352 §8.9: targets are siblings (a flow is closed in itself), `restart` names a step, flow or split of the job,
 * a decision is never first, a flow of a split goes nowhere, and no ring of transitions that are always taken.
 */
export function checkReferences(root: KnownElement, problems: ProblemList): void {
  const restartTargets = new Map(idsOf(root.children.filter(child => RESTART_TARGETS.has(child.name))))
  const visit = (parent: KnownElement) => {
    const siblings = parent.children.filter(child => EXECUTION_ELEMENTS.has(child.name))
    // The flows of a split run side by side: none of them can be gone to.
    const targets = new Map(parent.name === 'split' ? [] : idsOf(siblings))
    const first = siblings[0]
    if (first?.name === 'decision') {
      problems.add(
        first,
        `${label(first)} is the first element of ${label(parent)}; begin with a step, flow or split`
      )
    }
    for (const element of siblings) {
      checkNext(element, parent, targets, problems)
      for (const transition of element.children) {
        if (transition.name === 'next') checkTarget(transition, 'to', targets, parent, problems)
        if (transition.name === 'stop') checkRestart(transition, restartTargets, problems)
      }
      visit(element)
    }
    checkRings(targets, problems)
  }
  visit(root)
}

function checkNext(
  element: KnownElement,
  parent: KnownElement,
  targets: Map<string, KnownElement>,
  problems: ProblemList
) {
  const next = givenAttribute(element, 'next')
  if (next === null) return
  if (parent.name === 'split') {
    problems.add(next, `${label(element)} runs in a split and cannot have next; give it to ${label(parent)}`)
  } else {
    checkTarget(element, 'next', targets, parent, problems)
  }
}

function checkTarget(
  element: KnownElement,
  name: 'next' | 'to',
  targets: ReadonlyMap<string, KnownElement>,
  parent: KnownElement,
  problems: ProblemList
): void {
  const attribute = element.attributes[name]
  if (attribute === undefined || attribute.value === null || targets.has(attribute.value)) return
  const where =
    parent.name === 'split'
      ? 'a flow of a split cannot go on to anything'
      : `it must be beside it in ${label(parent)}`
  problems.add(
    attribute,
    `${name}=${shown(attribute.value)} of ${label(element)} leads nowhere: ${where}${after(attribute)}`
  )
}

function checkRestart(
  stop: KnownElement,
  targets: ReadonlyMap<string, KnownElement>,
  problems: ProblemList
): void {
  const restart = givenAttribute(stop, 'restart')
  if (restart === null || targets.has(restart.value)) return
  const message = `restart=${shown(restart.value)} names no step, flow or split directly in the job${after(restart)}`
  problems.add(restart, message)
}

/** Follows each element's certain way once; a way that comes back to itself would never end (or fail at its second round). */
function checkRings(targets: ReadonlyMap<string, KnownElement>, problems: ProblemList): void {
  const done = new Set<KnownElement>()
  for (const start of targets.values()) {
    const path = new Set<KnownElement>()
    let at: KnownElement | undefined = start
    while (at !== undefined && !done.has(at)) {
      done.add(at)
      path.add(at)
      at = certainTarget(at, targets)
    }
    if (at === undefined || !path.has(at)) continue
    const all = [...path]
    const ring = all.slice(all.indexOf(at)).map(element => textOf(element, 'id'))
    const names = ring.length > 6 ? [...ring.slice(0, 5), '…'] : ring
    const way = [...names, ring[0]].join(' → ')
    problems.add(
      at.attributes['next'] ?? at,
      `the next of these elements form a ring that never ends: ${way}`
    )
  }
}

/** Where an element always leads when it ends well: its first transition if that matches everything, or its plain `next`. */
function certainTarget(
  element: KnownElement,
  targets: ReadonlyMap<string, KnownElement>
): KnownElement | undefined {
  const first = element.children.find(child => TRANSITIONS.has(child.name))
  if (first === undefined) return targets.get(textOf(element, 'next'))
  const always = /^\*+$/.test(textOf(first, 'on'))
  return always && first.name === 'next' ? targets.get(textOf(first, 'to')) : undefined
}

function idsOf(elements: readonly KnownElement[]): [string, KnownElement][] {
  // An element without id was reported with the structure; it must not be the target of an empty `next`.
  return elements.flatMap(element => (textOf(element, 'id') === '' ? [] : [[textOf(element, 'id'), element]]))
}

function after(attribute: JslAttribute<unknown>): string {
  return attribute.substituted ? ' (after substitution)' : ''
}
