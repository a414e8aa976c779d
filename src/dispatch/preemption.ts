// When no thread is free and something of a higher priority waits: has executions that opted in give way (ENGINE E12).
import type { Claimable } from '../store/claimable.ts'
import { askToYield, type PreemptibleWork } from '../store/preemptions.ts'
import type { DispatchOptions } from './dispatch-options.ts'
import type { UnitAtWork } from './unit-at-work.ts'

/** After a look there is one more, however often somebody asked for one meanwhile. */
const AGAIN_MS = 250

export interface Preemption {
  /** No thread is free. */
  look(): void
  stop(): void
}

export interface PreemptionHooks {
  /** What runs here now. */
  running(): readonly UnitAtWork[]
  /** It yields already. */
  isAsked(executionId: number): boolean
  /** What this server would take if it had a thread. */
  claimable(): Promise<Claimable>
  /** No thread is free still. */
  full(): boolean
  giveWay(executionId: number): void
}

export function createPreemption(
  options: Pick<DispatchOptions, 'db' | 'log'>,
  hooks: PreemptionHooks
): Preemption {
  const { db, log } = options
  let again: NodeJS.Timeout | null = null
  let looking = false

  const unasked = () => hooks.running().filter(({ unit }) => !hooks.isAsked(unit.executionId))

  async function ask(): Promise<void> {
    const work = preemptible(unasked())
    if (looking || work.length === 0 || !hooks.full()) return
    looking = true
    try {
      const asked = await askToYield(db, { ...(await hooks.claimable()), work })
      for (const executionId of asked ?? []) {
        log.info({ executionId }, 'a job execution gives way to something of a higher priority')
        // The notification may have been here sooner than this answer: then it is asked already, and has no note yet.
        const root = hooks
          .running()
          .find(({ unit }) => unit.executionId === executionId && unit.kind === 'execution')
        root?.thread?.note('The job gives way to work of a higher priority, and goes on by itself.')
        hooks.giveWay(executionId)
      }
    } catch (error) {
      // The next look tries again: nothing was promised to anybody.
      log.warn({ err: error }, 'what waits with a higher priority could not be looked at')
    } finally {
      looking = false
    }
  }

  return {
    look() {
      if (again !== null || preemptible(unasked()).length === 0) return
      void ask()
      again = setTimeout(() => {
        again = null
        void ask()
      }, AGAIN_MS)
    },
    stop() {
      if (again !== null) clearTimeout(again)
    }
  }
}

/** Executions that may be asked: all they have at work here would yield at a checkpoint. */
function preemptible(running: readonly UnitAtWork[]): PreemptibleWork[] {
  const found = new Map<number, PreemptibleWork>()
  const never = new Set<number>()
  const byId = new Map(running.map(atWork => [atWork.unit.unitId, atWork]))
  for (const { unit, works, atChunks } of running) {
    const { executionId, kind, parentId } = unit
    if (!unit.preemptible || !works) continue
    // A partition is what its step is; one whose step is at another server's is taken for a chunk's.
    const yields = kind === 'partition' ? (byId.get(parentId ?? -1)?.atChunks ?? true) : atChunks
    if (!yields) never.add(executionId)
    const threads = (found.get(executionId)?.threads ?? 0) + 1
    found.set(executionId, { executionId, threads })
  }
  return [...found.values()].filter(({ executionId }) => !never.has(executionId))
}
