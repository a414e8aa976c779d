// Takes `#{…}` expressions apart, once and before any value is known: so a value can never become an expression.
import { shown } from './jsl-problem.ts'

export const OPERATORS = ['jobParameters', 'jobProperties', 'systemProperties', 'partitionPlan'] as const
export type Operator = (typeof OPERATORS)[number]

/** `#{operator['name']}` */
export interface Expression {
  readonly operator: Operator
  readonly name: string
}

/** JSR-352 §8.8.1.5: a principal value, and what stands for it when it turns out empty (`?:default;`). */
export interface TemplateGroup {
  readonly principal: readonly (string | Expression)[]
  readonly fallback: readonly (string | Expression)[] | null
}

/** A string has no expression in it. */
export type Template = string | readonly TemplateGroup[]

/** An expression that cannot be read; the message says what to write instead. */
export class TemplateFlaw extends Error {}

const MARK = /#\{|\?:|;/g
const HEAD = /#\{([A-Za-z]+)\[(["'])/y

/**
 * Reads the grammar of JSR-352 §8.8.1: literals and expressions, `?:default;` behind them, such groups one after another.
 * A default stands for everything since the group before it. `?:` without an expression in front of it, `;` without `?:`,
 * and `#` without `{` are literal.
 *
 * @throws {TemplateFlaw} for an unknown operator, an expression that is not closed or in another, a default without `;` or within a default
 */
export function parseTemplate(text: string): Template {
  if (!text.includes('#{')) return text
  const groups: TemplateGroup[] = []
  let principal: (string | Expression)[] = []
  let fallback: (string | Expression)[] | null = null
  let from = 0
  const literal = (to: number) => {
    if (to > from) (fallback ?? principal).push(text.slice(from, to))
  }
  MARK.lastIndex = 0
  for (let mark = MARK.exec(text); mark !== null; mark = MARK.exec(text)) {
    if (mark[0] === '#{') {
      literal(mark.index)
      const { expression, end } = expressionAt(text, mark.index)
      ;(fallback ?? principal).push(expression)
      from = MARK.lastIndex = end
    } else if (mark[0] === '?:' && fallback === null && principal.some(part => typeof part !== 'string')) {
      literal(mark.index)
      fallback = []
      from = MARK.lastIndex
    } else if (mark[0] === '?:' && fallback?.some(part => typeof part !== 'string') === true) {
      throw new TemplateFlaw(
        `a default ("?:…;") may not have a default of its own: ${near(text, mark.index)}`
      )
    } else if (mark[0] === ';' && fallback !== null) {
      literal(mark.index)
      groups.push({ principal, fallback })
      principal = []
      fallback = null
      from = MARK.lastIndex
    }
  }
  literal(text.length)
  if (fallback !== null)
    throw new TemplateFlaw(`the default after "?:" is not closed by ";" in ${shown(text)}`)
  if (principal.length > 0) groups.push({ principal, fallback: null })
  return groups
}

function expressionAt(text: string, at: number): { expression: Expression; end: number } {
  HEAD.lastIndex = at
  const head = HEAD.exec(text)
  if (head === null)
    throw new TemplateFlaw(`${near(text, at)} is no expression; write #{jobParameters['name']}`)
  const operator = OPERATORS.find(known => known === head[1])
  if (operator === undefined) {
    throw new TemplateFlaw(
      `${shown(head[1] ?? '')} is no operator of an expression; known are ${OPERATORS.join(', ')}`
    )
  }
  const nameEnd = text.indexOf(`${head[2]}]}`, HEAD.lastIndex)
  if (nameEnd === -1)
    throw new TemplateFlaw(`the expression ${near(text, at)} is not closed; write #{${operator}['name']}`)
  const name = text.slice(HEAD.lastIndex, nameEnd)
  // JSR-352 §8.8.1 nests none; read on, the inner one would end the outer, and its rest would be text.
  if (name.includes('#{'))
    throw new TemplateFlaw(`an expression may not stand in the name of another: ${near(text, at)}`)
  return { expression: { operator, name }, end: nameEnd + 3 }
}

function near(text: string, at: number): string {
  return shown(text.slice(at, at + 61))
}
