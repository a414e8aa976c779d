// Caps of this server alone (BATCH_SERVER_CAPS): how many jobs of a name or an application are at work here at one time. Those
// over all servers are rows of the repository (ENGINE E13); these need none, for nobody else counts them.
import type { Claimable } from '../store/claimable.ts'
import type { ClaimedUnit } from '../store/units.ts'
import type { DispatchOptions } from './dispatch-options.ts'

type Options = Pick<DispatchOptions, 'server' | 'installed' | 'serverCaps'>

export class ServerCaps {
  readonly #options: Options
  readonly #limits: ReadonlyMap<string, number>

  constructor(options: Options) {
    this.#options = options
    this.#limits = new Map(Object.entries(options.serverCaps))
  }

  get limited(): boolean {
    return this.#limits.size > 0
  }

  /** What this server may take beside what it has: `held` is claimed, beginning or at work here. */
  async claimable(held: readonly ClaimedUnit[]): Promise<Claimable> {
    const { server, installed } = this.#options
    return {
      incarnation: server.incarnation,
      applications: [...(await installed.runnable()).keys()],
      operationGroups: installed.operationGroups,
      full: this.#full(held)
    }
  }

  #full(held: readonly ClaimedUnit[]): NonNullable<Claimable['full']> | null {
    if (this.#limits.size === 0) return null
    const running = this.#count(held)
    const full = [...this.#limits].filter(([key, limit]) => (running.get(key) ?? 0) >= limit)
    if (full.length === 0) return null
    const named = (kind: string) =>
      full.filter(([key]) => key.startsWith(kind)).map(([key]) => key.slice(kind.length))
    return { jobs: named('job:'), applications: named('application:') }
  }

  /** Of what one claim brought, in its order, what is beyond the caps and goes back. */
  surplus(held: readonly ClaimedUnit[], claimed: readonly ClaimedUnit[]): readonly ClaimedUnit[] {
    if (this.#limits.size === 0) return []
    const running = this.#count(held)
    return claimed.filter(unit => {
      const keys = this.#keysOf(unit)
      if (keys.some(key => (running.get(key) ?? 0) >= this.#limits.get(key)!)) return true
      for (const key of keys) running.set(key, (running.get(key) ?? 0) + 1)
      return false
    })
  }

  #count(units: readonly ClaimedUnit[]): Map<string, number> {
    const running = new Map<string, number>()
    for (const key of units.flatMap(unit => this.#keysOf(unit))) running.set(key, (running.get(key) ?? 0) + 1)
    return running
  }

  /** Flows and partitions count with their execution. */
  #keysOf({ kind, jobName, application }: ClaimedUnit): readonly string[] {
    if (kind !== 'execution') return []
    return [`job:${jobName}`, `application:${application}`].filter(key => this.#limits.has(key))
  }
}
