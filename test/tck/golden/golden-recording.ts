// Reads the recording another engine made of a case, execution by execution, where one thread alone ran.
import { readFile } from 'node:fs/promises'

/** A call in the form both recordings are brought to. */
export interface ComparedCall {
  /** With `#n` for the n-th instance of the execution, by their first calls. */
  readonly artifact: string
  readonly method: string
  readonly at: string
  readonly args: readonly unknown[]
  readonly ret: unknown
  /** Class of what was thrown; `null` = nothing was. */
  readonly throws: string | null
}

interface GoldenLine {
  readonly op?: string
  readonly opIndex?: number
  readonly tx?: string
  readonly t?: string
  readonly a?: string
  readonly m?: string
  readonly at?: string
  readonly args?: readonly unknown[]
  readonly ret?: unknown
  readonly throws?: string
  readonly unfinished?: boolean
}

interface GoldenFile {
  readonly ops: readonly { readonly op: string; readonly exec?: number }[]
  readonly calls: readonly GoldenLine[]
}

/** A reason why the order means nothing, or the calls of each execution. */
export type Golden =
  | { readonly kind: 'incomparable'; readonly reason: string }
  | { readonly kind: 'executions'; readonly calls: readonly (readonly ComparedCall[])[] }

/** `nameOf`: the one name of an artifact that has several. */
export async function readGolden(file: string, nameOf: (artifact: string) => string): Promise<Golden> {
  const { ops, calls } = JSON.parse(await readFile(file, 'utf8')) as GoldenFile
  const executions: GoldenLine[][] = []
  let running: GoldenLine[] | null = null
  for (const line of calls) {
    if (line.op === 'ended') running = null
    else if ((line.op === 'start' || line.op === 'restart') && ops[line.opIndex!]?.exec !== undefined) {
      if (running !== null) return { kind: 'incomparable', reason: 'its executions overlap' }
      running = []
      executions.push(running)
    } else if (line.a !== undefined) running?.push(line)
  }
  if (running !== null) return { kind: 'incomparable', reason: 'its recording does not wait for the end' }
  for (const lines of executions)
    if (new Set(lines.map(line => line.t)).size > 1 || lines.some(({ at }) => at?.includes('#p')))
      return { kind: 'incomparable', reason: 'several threads run' }
  if (executions.flat().some(({ unfinished }) => unfinished === true))
    return { kind: 'incomparable', reason: 'its recording ends in the middle of a call' }
  const compared = executions.map(lines =>
    numbered(
      lines.map(({ a, m, at, args = [], ret, throws }) => ({
        artifact: a!.replace(/~\d+$/, match => match.replace('~', '#')),
        method: m!,
        at: at!,
        args,
        ret,
        throws: throws === undefined ? null : classOf(throws)
      })),
      nameOf
    )
  )
  return { kind: 'executions', calls: compared }
}

/** Gives instances their number within the execution: both recordings count over other spans of time. */
export function numbered(
  calls: readonly ComparedCall[],
  nameOf: (artifact: string) => string
): readonly ComparedCall[] {
  const numbers = new Map<string, string>()
  const counts = new Map<string, number>()
  return calls.map(call => {
    const [name = ''] = call.artifact.split('#')
    const known = numbers.get(call.artifact)
    if (known !== undefined) return { ...call, artifact: known }
    const number = (counts.get(nameOf(name)) ?? 0) + 1
    counts.set(nameOf(name), number)
    const artifact = `${nameOf(name)}#${number}`
    numbers.set(call.artifact, artifact)
    return { ...call, artifact }
  })
}

/** `MyParentException: it failed` → `MyParentException`; what Java calls an Exception is an Error here. */
export function classOf(thrown: string): string {
  const [name = ''] = thrown.split(':')
  return name === 'Error' ? 'Exception' : name
}
