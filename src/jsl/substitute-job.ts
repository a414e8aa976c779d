// Walks a job in document order and substitutes each value in its scope: without the order, jobProperties could look ahead.
import type { JslElement, LateElement, SourceElement } from './job-source.ts'
import type { Properties } from './job-model.ts'
import { JslProblems } from './jsl-problem.ts'
import { substitute, type Late, type Lookup, type Sized } from './substitute.ts'

/** All values of a job together, in characters: properties that repeat each other could otherwise grow without end. */
export const MAX_SUBSTITUTED = 16 * 1024 * 1024

// Open values within open values; whoever reads them later does so recursively.
const MAX_OPEN_DEPTH = 64

export interface SubstitutionValues {
  readonly jobParameters: Properties
  readonly systemProperties: Properties
}

interface Scope {
  readonly outer: Scope | null
  readonly values: Map<string, Sized>
}

// What runs in a partition's own thread, and so may wait for its plan; the step's properties are handed out there as well.
const PARTITION_SIDE = new Set(['properties', 'listeners', 'batchlet', 'chunk'])

/**
 * JSR-352 §8.8.1. jobProperties are those of the same list further up, then of the lists around, inner before outer.
 * partitionPlan stays open where a partition runs the artifact, elsewhere it is `''`.
 *
 * @throws {JslProblems} if the values grow beyond `MAX_SUBSTITUTED`, or too many open ones are built upon each other
 */
export function substituteJob(root: SourceElement, given: SubstitutionValues): LateElement {
  let total = 0

  function visit(element: SourceElement, outer: Scope | null, late: boolean): LateElement {
    const valueOf = (attribute: SourceElement['attributes'][string]): Sized => {
      const value = substitute(attribute.value, lookupIn(outer, late, given))
      total += value.size
      const { line, column } = attribute
      if (total > MAX_SUBSTITUTED) {
        const message = `the values of this job grow beyond ${MAX_SUBSTITUTED} characters when substituted`
        throw new JslProblems([{ line, column, message }])
      }
      if (value.depth > MAX_OPEN_DEPTH) {
        const message = `more than ${MAX_OPEN_DEPTH} properties that depend on a partitionPlan are built upon each other`
        throw new JslProblems([{ line, column, message }])
      }
      return value
    }
    const sizes = Object.entries(element.attributes).map(([name, attribute]) => {
      return [name, attribute, valueOf(attribute)] as const
    })
    const attributes = sizes.map(([name, attribute, { value }]) => [name, { ...attribute, value }] as const)
    if (element.name === 'property') {
      const name = sizes.find(([key]) => key === 'name')?.[2].value
      const value = sizes.find(([key]) => key === 'value')?.[2]
      if (typeof name === 'string' && value !== undefined) outer?.values.set(name, value)
    }
    const partitioned = element.children.some(child => child.name === 'partition')
    let scope = outer
    const children = element.children.map(child => {
      const lateBelow = isLate(element.name, child.name, partitioned, late)
      if (child.name !== 'properties') return visit(child, scope, lateBelow)
      const own: Scope = { outer: scope, values: new Map() }
      // The lists of a plan are side by side, not around anything.
      if (element.name !== 'plan') scope = own
      return visit(child, own, lateBelow)
    })
    const { name, line, column } = element
    return { name, line, column, attributes: Object.fromEntries(attributes), children }
  }

  return visit(root, null, false)
}

/** Whether anything in the element waits for its partition. */
export function hasLateValues(element: JslElement<Late>): boolean {
  return (
    Object.values(element.attributes).some(({ value }) => typeof value !== 'string') ||
    element.children.some(hasLateValues)
  )
}

function isLate(parent: string, child: string, partitioned: boolean, late: boolean): boolean {
  if (parent === 'step') return partitioned && PARTITION_SIDE.has(child)
  if (parent === 'partition') return child === 'collector'
  return late
}

function lookupIn(scope: Scope | null, late: boolean, given: SubstitutionValues): Lookup {
  return (operator, name) => {
    switch (operator) {
      case 'jobParameters':
        return sized(given.jobParameters, name)
      case 'systemProperties':
        return sized(given.systemProperties, name)
      case 'partitionPlan':
        return late ? { partitionPlan: name } : undefined
      case 'jobProperties': {
        for (let at = scope; at !== null; at = at.outer) {
          const found = at.values.get(name)
          if (found !== undefined) return found
        }
        return undefined
      }
    }
  }
}

function sized(values: Properties, name: string): Sized | undefined {
  const value = Object.hasOwn(values, name) ? values[name] : undefined
  return value === undefined ? undefined : { value, size: value.length, depth: 0 }
}
