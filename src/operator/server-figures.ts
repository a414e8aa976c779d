// What monitoring reads of a server: its own counters, and the job repository's, asked for seldom however many look.
import type { DispatchFigures } from '../dispatch/dispatch-counters.ts'
import type { Database } from '../store/database.ts'
import { type PoolFigures, poolFigures, type RepositoryFigures, repositoryFigures } from '../store/figures.ts'
import { requireAnyRole } from './authorization.ts'
import type { Caller } from './caller.ts'

export interface ServerFigures {
  readonly serverId: string
  readonly dispatch: DispatchFigures
  /** `null`: PostgreSQL did not answer in time. */
  readonly repository: RepositoryFigures | null
  /** By what they are for. */
  readonly pools: Readonly<Record<string, PoolFigures>>
}

export interface FiguresOptions {
  readonly serverId: string
  readonly db: Database
  readonly pools: Readonly<Record<string, Database>>
  readonly dispatch: () => DispatchFigures
}

export type ReadFigures = (caller: Caller) => Promise<ServerFigures>

/** Those of the repository are asked for at most once in this time. */
const FRESH_MS = 1000
/** What is monitored is most wanted while PostgreSQL is away: then the rest is given without waiting for it. */
const PATIENCE_MS = 2000

/** Rejects with RoleMissing only. */
export function createReadFigures({ serverId, db, pools, dispatch }: FiguresOptions): ReadFigures {
  let asked: Promise<RepositoryFigures | null> | null = null
  let askedAt = 0

  const repository = (): Promise<RepositoryFigures | null> => {
    const now = performance.now()
    if (asked === null || now - askedAt >= FRESH_MS) {
      askedAt = now
      asked = inTime(repositoryFigures(db))
    }
    return asked
  }

  return async caller => {
    requireAnyRole(caller)
    return {
      serverId,
      repository: await repository(),
      dispatch: dispatch(),
      pools: Object.fromEntries(Object.entries(pools).map(([name, pool]) => [name, poolFigures(pool)]))
    }
  }
}

async function inTime(figures: Promise<RepositoryFigures>): Promise<RepositoryFigures | null> {
  const late = Promise.withResolvers<null>()
  const timer = setTimeout(() => late.resolve(null), PATIENCE_MS)
  try {
    return await Promise.race([figures.catch(() => null), late.promise])
  } finally {
    clearTimeout(timer)
  }
}
