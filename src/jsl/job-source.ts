// A JSL that was read but whose values are still to come: what readJob hands to resolveJob, and what a partition is resolved from.
import type { Position } from './jsl-problem.ts'
import type { Late, Template } from './substitute.ts'

/** A value as it stands in one stage of reading, with the place where its attribute stands. */
export interface JslAttribute<V> extends Position {
  readonly value: V
  /** The value was written with an expression: an empty result means "not given" where the attribute may be missing. */
  readonly substituted: boolean
}

/** An element of JSL by its local name; only attributes and children that JSL knows are left. */
export interface JslElement<V> extends Position {
  readonly name: string
  readonly attributes: Readonly<Record<string, JslAttribute<V>>>
  readonly children: readonly JslElement<V>[]
  /** Of a step whose artifacts wait for their partition: the step with what is still open. */
  readonly late?: LateElement
}

/** As written. */
export type SourceElement = JslElement<Template>
/** Everything substituted but `partitionPlan`. */
export type LateElement = JslElement<Late>
/** `null` = not known yet: nothing can be checked about it. */
export type KnownElement = JslElement<string | null>

/** A JSL whose structure is valid; plain data, may be stored or posted. */
export interface JobSource {
  /** The job id, which is the job name. */
  readonly id: string
  readonly root: SourceElement
}

/** How an element is called in a message: `<step id="load">`. */
export function label(element: JslElement<unknown>): string {
  const id = element.attributes['id']?.value
  return typeof id === 'string' ? `<${element.name} id="${id.slice(0, 60)}">` : `<${element.name}>`
}

/** The same tree with every value changed by `change`. */
export function mapValues<A, B>(
  element: JslElement<A>,
  change: (attribute: JslAttribute<A>) => B
): JslElement<B> {
  const attributes = Object.entries(element.attributes).map(
    ([name, attribute]) => [name, { ...attribute, value: change(attribute) }] as const
  )
  return {
    name: element.name,
    line: element.line,
    column: element.column,
    attributes: Object.fromEntries(attributes),
    children: element.children.map(child => mapValues(child, change))
  }
}
