// Attribute text -> number, boolean, name: each with its range and a message, so that no "ten" reaches the engine as NaN.
import { label, type JslAttribute, type KnownElement } from './job-source.ts'
import type { Properties } from './job-model.ts'
import { shown, type ProblemList } from './jsl-problem.ts'

/** The largest whole number JSL's attributes hold (a Java int). */
export const MAX_INTEGER = 2 ** 31 - 1

/** The text of an attribute; `''` if it is missing or not known yet. */
export function textOf(element: KnownElement, name: string): string {
  return element.attributes[name]?.value ?? ''
}

/** The attribute, or `null` where it is missing, not known yet, or came out empty of a substitution. */
export function givenAttribute(
  element: KnownElement,
  name: string
): (JslAttribute<string> & { value: string }) | null {
  const attribute = element.attributes[name]
  if (attribute === undefined || attribute.value === null) return null
  if (attribute.value === '' && attribute.substituted) return null
  return { ...attribute, value: attribute.value }
}

/** As `textOf`, but an empty or missing value is `null`. */
export function optionalText(element: KnownElement, name: string): string | null {
  return textOf(element, name) || null
}

/** Reports a required attribute that is known to be empty. */
export function checkNotEmpty(element: KnownElement, name: string, problems: ProblemList): void {
  const attribute = element.attributes[name]
  if (attribute?.value === '')
    problems.add(attribute, `${name} of ${label(element)} is empty${origin(attribute)}`)
}

/** A whole number between `least` and `most`; `absent` where there is none. */
export function wholeNumber<T>(
  element: KnownElement,
  name: string,
  { absent, least = 0, most = MAX_INTEGER }: { absent: T; least?: number; most?: number },
  problems: ProblemList
): number | T {
  const attribute = givenAttribute(element, name)
  if (attribute === null) return absent
  const text = attribute.value.trim()
  const value = /^\+?[0-9]{1,20}$/.test(text) ? Number(text) : NaN
  if (value >= least && value <= most) return value
  const range = `a whole number from ${least} to ${most}`
  problems.add(
    attribute,
    `${name} of ${label(element)} is ${shown(attribute.value)}${origin(attribute)}; it must be ${range}`
  )
  return absent
}

/** `true` or `false` in any case. */
export function flag(element: KnownElement, name: string, absent: boolean, problems: ProblemList): boolean {
  const attribute = givenAttribute(element, name)
  if (attribute === null) return absent
  const text = attribute.value.trim().toLowerCase()
  if (text === 'true' || text === 'false') return text === 'true'
  problems.add(
    attribute,
    `${name} of ${label(element)} is ${shown(attribute.value)}${origin(attribute)}; it must be true or false`
  )
  return absent
}

/** The properties of a `<properties>`, or of the one that `element` has; `{}` without. */
export function readProperties(list: KnownElement | undefined, problems: ProblemList): Properties {
  const entries = (list?.children ?? []).map(property => {
    checkNotEmpty(property, 'name', problems)
    return [textOf(property, 'name'), textOf(property, 'value')] as const
  })
  // fromEntries makes an own property of every name, of "__proto__" too.
  return Object.fromEntries(entries)
}

/** The only child of a name. */
export function childOf(element: KnownElement | undefined, name: string): KnownElement | undefined {
  return element?.children.find(child => child.name === name)
}

/** All children of a name, in document order. */
export function childrenOf(element: KnownElement | undefined, name: string): readonly KnownElement[] {
  return element?.children.filter(child => child.name === name) ?? []
}

function origin(attribute: JslAttribute<unknown>): string {
  return attribute.substituted ? ' after substitution' : ''
}
