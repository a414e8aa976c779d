// A job after substitution as XML again: without it nobody could see in a job log what a parameter made of his JSL.
import { isSecretName, MASK } from '../batch/secret-parameters.ts'
import {
  mapValues,
  type JobSource,
  type JslAttribute,
  type JslElement,
  type LateElement
} from './job-source.ts'
import type { Properties } from './job-model.ts'
import { fillPartitionPlan, type Late, type LatePart } from './substitute.ts'
import { substituteJob, type SubstitutionValues } from './substitute-job.ts'

export interface TextOptions {
  /** Characters; a longer text ends in the middle of an element. */
  readonly longest: number
  /** What is in the names of properties whose values are masked; absent = the usual. */
  readonly secretWords?: readonly string[] | undefined
}

/**
 * The JSL with everything substituted but `#{partitionPlan['…']}`. Values of properties with secret names are masked;
 * parameters have to be masked by whoever gives them.
 *
 * @throws {JslProblems} if the values grow too large
 */
export function resolvedJobText(source: JobSource, values: SubstitutionValues, options: TextOptions): string {
  return elementText(substituteJob(source.root, values), options)
}

/** As `resolvedJobText`, of one step as one partition runs it, without the plans of the others; `''` when the job has no such step. */
export function resolvedPartitionText(
  source: JobSource,
  stepId: string,
  values: SubstitutionValues & { readonly partitionPlan: Properties },
  options: TextOptions
): string {
  const step = findStep(substituteJob(source.root, values), stepId)
  if (step === null) return ''
  return elementText(
    mapValues(withoutPlan(step), ({ value }) => fillPartitionPlan(value, values.partitionPlan)),
    options
  )
}

function withoutPlan(element: LateElement): LateElement {
  const children = element.children.filter(({ name }) => name !== 'plan')
  return { ...element, children: children.map(withoutPlan) }
}

function findStep(element: LateElement, id: string): LateElement | null {
  if (element.name === 'step' && element.attributes['id']?.value === id) return element
  for (const child of element.children) {
    const found = findStep(child, id)
    if (found !== null) return found
  }
  return null
}

function elementText(root: JslElement<Late>, { longest, secretWords }: TextOptions): string {
  const lines: string[] = []
  let length = 0
  const add = (line: string): void => {
    const kept = line.length > longest - length ? line.slice(0, Math.max(0, longest - length)) : line
    if (kept !== '') lines.push(kept)
    length += line.length + 1
  }
  const visit = (element: JslElement<Late>, indent: string): void => {
    if (length > longest) return
    const attributes = Object.entries(element.attributes).map(
      ([name, attribute]) => ` ${name}="${escaped(valueOf(element, name, attribute, secretWords))}"`
    )
    const open = `${indent}<${element.name}${attributes.join('')}`
    if (element.children.length === 0) return add(`${open}/>`)
    add(`${open}>`)
    for (const child of element.children) visit(child, `${indent}  `)
    add(`${indent}</${element.name}>`)
  }
  visit(root, '')
  return lines.join('\n')
}

function valueOf(
  element: JslElement<Late>,
  name: string,
  attribute: JslAttribute<Late>,
  secretWords: readonly string[] | undefined
): string {
  const text = lateText(attribute.value)
  const isProperty = element.name === 'property' && name === 'value' && text !== ''
  return isProperty && isSecretName(lateText(element.attributes['name']?.value ?? ''), secretWords)
    ? MASK
    : text
}

/** What waits for its partition is written as it would be in JSL. */
function lateText(late: Late): string {
  if (typeof late === 'string') return late
  return late
    .map(({ principal, fallback }) => {
      const text = principal.map(partText).join('')
      return fallback === null ? text : `${text}?:${fallback.map(partText).join('')};`
    })
    .join('')
}

function partText(part: LatePart): string {
  if (typeof part === 'string') return part
  return 'partitionPlan' in part ? `#{partitionPlan['${part.partitionPlan}']}` : lateText(part)
}

const ESCAPES: Readonly<Record<string, string>> = { '&': '&amp;', '<': '&lt;', '"': '&quot;' }

/** On one line: a line break in a value would begin a record that nobody wrote. */
function escaped(text: string): string {
  return text.replaceAll(
    /[&<"\t\r\n\u007f-\u009f\u2028\u2029]/g,
    found => ESCAPES[found] ?? `&#${found.charCodeAt(0)};`
  )
}
