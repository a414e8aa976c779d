// The moves of units through the repository, those under way at one moment sharing a commit (ENGINE E5). Each is safe to
// repeat after a commit in doubt, so PostgreSQL may go and come back: a move waits for it.
import type { EndStatus } from '../batch/batch-status.ts'
import { createBatcher } from '../service/batcher.ts'
import { withCapsOf } from '../store/caps.ts'
import type { Database } from '../store/database.ts'
import { type EndedUnit, endUnits, type UnitEnd } from '../store/ends.ts'
import { retrying } from '../store/retry.ts'
import { startUnits, type UnitStart } from '../store/starts.ts'
import { endSteps, type StepEnd } from '../store/step-ends.ts'
import { type StartedStepRow, startSteps, type StepStart } from '../store/step-starts.ts'

/** Members of one transaction, transactions at a time, and when a second one begins (E5). */
const BATCH = { size: 64, runs: 2, patienceMs: 25 } as const

export interface Moves {
  /** With its first step's execution, if it was to have one. `null`: the unit was stopped or taken since its claim. */
  start(start: UnitStart): Promise<{ readonly firstStepId: number | null } | null>
  /** `null`: the claim is not ours any more. */
  startStep(start: StepStart): Promise<StartedStepRow | null>
  endStep(end: StepEnd): Promise<EndStatus | null>
  /** A unit with caps ends in a transaction of its own, which locks them first (E13). */
  end(
    unit: { readonly executionId: number; readonly capped: boolean },
    end: UnitEnd
  ): Promise<EndedUnit | null>
}

export function createMoves(
  db: Database,
  server: { readonly serverId: string; restUrl(): string },
  giveUp: () => boolean
): Moves {
  const again = <T>(work: () => Promise<T>) => retrying({ awayMs: Infinity, giveUp }, work)
  const unitOf = ({ unitId }: { readonly unitId: number }) => [unitId]

  const starts = createBatcher<UnitStart, { readonly firstStepId: number | null } | null>({
    ...BATCH,
    keysOf: unitOf,
    run: items =>
      again(async () => {
        const started = await startUnits(db, { serverId: server.serverId, restUrl: server.restUrl() }, items)
        return items.map(({ unitId }) => {
          const firstStepId = started.get(unitId)
          return firstStepId === undefined ? null : { firstStepId }
        })
      })
  })
  const stepStarts = createBatcher<StepStart, StartedStepRow | null>({
    ...BATCH,
    keysOf: unitOf,
    run: items => again(() => startSteps(db, items))
  })
  const stepEnds = createBatcher<StepEnd, EndStatus | null>({
    ...BATCH,
    keysOf: unitOf,
    run: items => again(() => endSteps(db, items))
  })
  const ends = createBatcher<UnitEnd, EndedUnit | null>({
    ...BATCH,
    keysOf: unitOf,
    run: items =>
      again(async () => {
        const ended = new Map((await endUnits(db, items)).map(end => [end.unitId, end]))
        return items.map(({ unitId }) => ended.get(unitId) ?? null)
      })
  })
  return {
    start: start => starts.add(start),
    startStep: start => stepStarts.add(start),
    endStep: end => stepEnds.add(end),
    end: (unit, end) =>
      unit.capped
        ? withCapsOf(db, unit, async trx => (await endUnits(trx, [end]))[0] ?? null, {
            awayMs: Infinity,
            giveUp
          })
        : ends.add(end)
  }
}
