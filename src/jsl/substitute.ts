// Gives expressions their values; what waits for a partition stays a template of its own, so no value is ever read as an expression.
import type { Operator, Template, TemplateGroup } from './template.ts'

export type { Template } from './template.ts'

/** `#{partitionPlan['name']}`, to be filled in for each partition. */
export interface PlanExpression {
  readonly partitionPlan: string
}

export type LatePart = string | PlanExpression | readonly LateGroup[]

export interface LateGroup {
  readonly principal: readonly LatePart[]
  readonly fallback: readonly LatePart[] | null
}

/** A string is final. Plain data: it travels with the job model to the threads. */
export type Late = string | readonly LateGroup[]

/** A value with how much it holds (characters and parts) and how deep open values lie in it, so that both can be bounded. */
export interface Sized {
  readonly value: Late
  readonly size: number
  /** 0 for text. */
  readonly depth: number
}

/** What one expression stands for; `undefined` = there is no such name, which counts as `''` (JSR-352 §8.8.1.6). */
export type Lookup = (operator: Operator, name: string) => Sized | PlanExpression | undefined

/**
 * The value of a template. A default is used when its principal value is empty; where that depends on a partition,
 * both stay open. Values are inserted as they are: an `#{…}` inside of a value is text.
 */
export function substitute(template: Template, lookup: Lookup): Sized {
  if (typeof template === 'string') return { value: template, size: template.length, depth: 0 }
  let size = 0
  let depth = 0
  const parts = (list: TemplateGroup['principal']) => {
    const found: LatePart[] = []
    for (const part of list) {
      const value = typeof part === 'string' ? part : lookup(part.operator, part.name)
      if (value === undefined) continue
      size += typeof value === 'string' ? value.length : 'size' in value ? value.size : 1
      if (typeof value === 'object') depth = Math.max(depth, 'size' in value ? value.depth + 1 : 1)
      append(found, typeof value === 'object' && 'size' in value ? value.value : value)
    }
    return found
  }
  const groups: LateGroup[] = []
  let text = ''
  for (const group of template) {
    const principal = parts(group.principal)
    const known = textOf(principal)
    if (known === null) {
      const fallback = group.fallback === null ? null : parts(group.fallback)
      if (text !== '') groups.push({ principal: [text], fallback: null })
      text = ''
      groups.push({ principal, fallback })
    } else if (known !== '' || group.fallback === null) {
      text += known
    } else {
      const fallback = parts(group.fallback)
      const chosen = textOf(fallback)
      if (chosen === null) {
        groups.push({ principal: [text, ...fallback], fallback: null })
        text = ''
      } else {
        text += chosen
      }
    }
  }
  if (groups.length === 0) return { value: text, size, depth: 0 }
  if (text !== '') groups.push({ principal: [text], fallback: null })
  return { value: groups, size, depth }
}

/** The final text for one partition; names that `plan` does not have are `''`. */
export function fillPartitionPlan(late: Late, plan: Readonly<Record<string, string>>): string {
  if (typeof late === 'string') return late
  const fill = (parts: readonly LatePart[]): string =>
    parts
      .map(part => {
        if (typeof part === 'string') return part
        if (!('partitionPlan' in part)) return fillPartitionPlan(part, plan)
        return Object.hasOwn(plan, part.partitionPlan) ? (plan[part.partitionPlan] ?? '') : ''
      })
      .join('')
  return late
    .map(({ principal, fallback }) => {
      const value = fill(principal)
      return value === '' && fallback !== null ? fill(fallback) : value
    })
    .join('')
}

/** Strings side by side become one, so that a value without open parts is exactly one string. */
function append(parts: LatePart[], part: LatePart): void {
  const last = parts.at(-1)
  if (typeof part === 'string' && typeof last === 'string') parts[parts.length - 1] = last + part
  else if (part !== '') parts.push(part)
}

function textOf(parts: readonly LatePart[]): string | null {
  if (parts.length === 0) return ''
  return parts.length === 1 && typeof parts[0] === 'string' ? parts[0] : null
}
