// The transition elements behind a step, flow or decision (`<next on to>`, `<end>`, `<fail>`, `<stop>`), in document order.
import type { KnownElement } from './job-source.ts'
import type { Transition } from './job-model.ts'
import { optionalText, textOf } from './read-values.ts'

/** An `exit-status` or `restart` that is empty counts as not given; an empty `on` stays, and matches nothing but ''. */
export function readTransitions(parent: KnownElement): readonly Transition[] {
  return parent.children.flatMap(element => {
    const transition = readTransition(element)
    return transition === null ? [] : [transition]
  })
}

function readTransition(element: KnownElement): Transition | null {
  const on = textOf(element, 'on')
  const exitStatus = optionalText(element, 'exit-status')
  switch (element.name) {
    case 'next':
      return { kind: 'next', on, to: textOf(element, 'to') }
    case 'end':
    case 'fail':
      return { kind: element.name, on, exitStatus }
    case 'stop':
      return { kind: 'stop', on, exitStatus, restart: optionalText(element, 'restart') }
    default:
      return null
  }
}
