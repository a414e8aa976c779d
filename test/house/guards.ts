// Finds the updates of a status in the SQL of src/store, with the statuses they come from and lead to, so that a test can
// hold them against the tables in src/batch. It reads what is written as literals; what is computed it says so.
import { codeOf, sourcesIn } from './sources.ts'

export interface Guard {
  readonly path: string
  readonly table: string
  /** `batch_status`, `instance_state` or `status`. */
  readonly column: string
  /** The status that is written; `null` = a parameter, another column or a case. */
  readonly to: string | null
  /** The statuses of this column named in the condition. */
  readonly from: readonly string[]
  /** Its condition names a status, of this column or of the other one of the table, which moves together with it. */
  readonly guarded: boolean
  readonly statement: string
}

/** Tables with a status, and the columns that hold one. */
export const STATUS_COLUMNS: Readonly<Record<string, readonly string[]>> = {
  job_instance: ['batch_status', 'instance_state'],
  job_execution: ['batch_status'],
  step_execution: ['batch_status'],
  partition: ['batch_status'],
  flow: ['batch_status'],
  unit: ['status']
}

const UPDATE = new RegExp(
  `\\bupdate (?:only )?(${Object.keys(STATUS_COLUMNS).join('|')})\\b(?: +(?!set\\b)\\w+)?\\s+set\\b`,
  'g'
)

/** Every update of a status column in src/store. */
export async function guardsInStore(): Promise<Guard[]> {
  const sources = await sourcesIn('src/store')
  return sources.flatMap(source => {
    const code = codeOf(source)
    return [...code.matchAll(UPDATE)].flatMap(match => guardsOf(source.path, match[1]!, restOf(code, match)))
  })
}

function guardsOf(path: string, table: string, rest: string): Guard[] {
  const [assignments, condition] = partsOf(rest)
  return STATUS_COLUMNS[table]!.flatMap(column => {
    const written = new RegExp(`(?:^|,)\\s*${column} = ('(\\w+)')?`).exec(assignments)
    if (written === null) return []
    const statement = `update ${table} set ${rest.replaceAll(/\s+/g, ' ').trim()}`
    const guarded = STATUS_COLUMNS[table]!.some(one => namedIn(condition, one).length > 0)
    return [
      { path, table, column, to: written[2] ?? null, from: namedIn(condition, column), guarded, statement }
    ]
  })
}

/** To the end of the statement: where its bracket or its text is closed. */
function restOf(code: string, match: RegExpExecArray): string {
  const begin = match.index + match[0].length
  let depth = 0
  for (let at = begin; at < code.length; at++) {
    const sign = code[at]
    if (sign === '`' || sign === ';') return code.slice(begin, at)
    if (sign === '(') depth++
    if (sign === ')' && --depth < 0) return code.slice(begin, at)
  }
  return code.slice(begin)
}

/** What stands between `set` and the first `from` or `where` outside of brackets, and what follows up to `returning`. */
function partsOf(rest: string): readonly [string, string] {
  let depth = 0
  for (const { 0: sign, index } of rest.matchAll(/[()]|\b(?:from|where)\b/g)) {
    if (sign === '(') depth++
    else if (sign === ')') depth--
    else if (depth === 0) return [rest.slice(0, index), rest.slice(index).split(/\breturning\b/)[0]!]
  }
  return [rest, '']
}

function namedIn(condition: string, column: string): readonly string[] {
  const conditions = condition.matchAll(new RegExp(`\\b${column} (?:in \\(([^)]*)\\)|= ('\\w+'))`, 'g'))
  return [...conditions].flatMap(([, list, one]) =>
    [...(list ?? one)!.matchAll(/'(\w+)'/g)].map(([, status]) => status!)
  )
}
