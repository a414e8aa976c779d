// What is wrong with a JSL, and where: without it a caller would get one message at a time, or none with a position.

/** One thing to correct; `line` and `column` count from 1, columns in UTF-16 units. */
export interface JslProblem {
  readonly line: number
  readonly column: number
  readonly message: string
}

/** A place in the JSL text, counted from 1. */
export interface Position {
  readonly line: number
  readonly column: number
}

/** More than this many problems are counted, not listed. */
export const MAX_PROBLEMS = 100

const LISTED_IN_MESSAGE = 5
const LONGEST_SHOWN = 60

/** A JSL that cannot be accepted: all its problems in document order, at most `MAX_PROBLEMS` and one line saying how many more. */
export class JslProblems extends Error {
  override readonly name = 'JslProblems'
  readonly problems: readonly JslProblem[]

  constructor(problems: readonly JslProblem[]) {
    super(firstOf(problems))
    this.problems = problems
  }
}

/** Collects problems while a JSL is read, so that one answer names them all. */
export class ProblemList {
  readonly #kept: JslProblem[] = []
  #seen = 0

  add(at: Position, message: string): void {
    this.#seen += 1
    if (this.#kept.length < MAX_PROBLEMS) this.#kept.push({ line: at.line, column: at.column, message })
  }

  /** @throws {JslProblems} if anything was added */
  throwIfAny(): void {
    if (this.#seen === 0) return
    const sorted = this.#kept.toSorted((a, b) => a.line - b.line || a.column - b.column)
    const last = sorted.at(-1)
    const more = this.#seen - sorted.length
    if (last !== undefined && more > 0) sorted.push({ ...last, message: `and ${more} more problems` })
    throw new JslProblems(sorted)
  }
}

/** A piece of the caller's text for a message: quoted, and cut, because a hostile name may be megabytes long. */
export function shown(text: string): string {
  const short = text.length > LONGEST_SHOWN ? `${text.slice(0, LONGEST_SHOWN)}…` : text
  return `"${short.replaceAll(/\s+/g, ' ')}"`
}

function firstOf(problems: readonly JslProblem[]): string {
  const listed = problems.slice(0, LISTED_IN_MESSAGE).map(p => `${p.line}:${p.column} ${p.message}`)
  const rest = problems.length - listed.length
  return `${listed.join('; ')}${rest > 0 ? `; and ${rest} more` : ''}`
}
