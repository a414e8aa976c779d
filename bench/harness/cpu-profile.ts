// Reads a V8 processor profile: how long each function itself was at work.

export interface CpuProfile {
  readonly nodes: readonly {
    readonly id: number
    readonly callFrame: { readonly functionName: string; readonly url: string; readonly lineNumber: number }
    readonly children?: readonly number[]
  }[]
  /** Microseconds of the monotonic clock. */
  readonly startTime: number
  readonly samples: readonly number[]
  /** Microseconds since the sample before. */
  readonly timeDeltas: readonly number[]
}

export interface SelfTimes {
  readonly totalMs: number
  /** Without `(idle)`. */
  readonly busyMs: number
  /** Most first; packages of node_modules by their name. */
  readonly functions: readonly { readonly where: string; readonly ms: number }[]
}

/** Between two readings of `process.hrtime` (nanoseconds), which is V8's clock too. */
export function selfTimes(
  { nodes, startTime, samples, timeDeltas }: CpuProfile,
  from: bigint,
  to: bigint
): SelfTimes {
  const names = new Map(nodes.map(({ id, callFrame }) => [id, nameOf(callFrame)]))
  const spent = new Map<string, number>()
  let totalMs = 0
  let now = startTime
  for (const [at, id] of samples.entries()) {
    now += timeDeltas[at]!
    if (now < Number(from / 1000n) || now > Number(to / 1000n)) continue
    const ms = timeDeltas[at]! / 1000
    totalMs += ms
    const name = names.get(id)!
    spent.set(name, (spent.get(name) ?? 0) + ms)
  }
  const idle = spent.get('(idle)') ?? 0
  spent.delete('(idle)')
  const functions = [...spent].map(([where, ms]) => ({ where, ms })).toSorted((a, b) => b.ms - a.ms)
  return { totalMs, busyMs: totalMs - idle, functions }
}

function nameOf({ functionName, url, lineNumber }: CpuProfile['nodes'][number]['callFrame']): string {
  const name = functionName === '' ? '(anonymous)' : functionName
  if (url === '') return name
  const [, below] = /(?:node_modules\/|\/(?=src\/))(.*)$/.exec(url) ?? [null, url]
  return `${name} ${below}:${lineNumber + 1}`
}
