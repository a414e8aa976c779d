// Writes the end of a unit, as its thread told it or as it is judged from outside, and says what was stored.
import type { EndStatus } from '../batch/batch-status.ts'
import { storable } from '../batch/text.ts'
import type { RunEnd } from '../executor/execution-thread.ts'
import type { ChildEvent, FlowOutcome } from '../executor/unit-port.ts'
import type { Database } from '../store/database.ts'
import { type EndedUnit, findEnd } from '../store/ends.ts'
import { retrying } from '../store/retry.ts'
import { yieldUnit } from '../store/resumptions.ts'
import { endUnitFromOutside } from '../store/subtrees.ts'
import type { ClaimedUnit } from '../store/units.ts'
import { childKey, endedFlow } from './children.ts'
import type { Moves } from './moves.ts'
import type { UnitAtWork } from './unit-at-work.ts'

export interface StoredEnd {
  readonly ended: EndedUnit
  readonly flow: FlowOutcome | null
}

/**
 * `null`: the unit was not ours any more, and nothing was written; or, with `requeued`, it gave way and is READY for any server.
 * `yielded`: it goes on later, with its parent (ENGINE E12).
 */
export async function storeEnd(
  db: Database,
  moves: Moves,
  atWork: UnitAtWork,
  end: RunEnd,
  reasonOfStop: string | null,
  requeued = false
): Promise<StoredEnd | 'yielded' | null> {
  const stored = await endOf(db, moves, atWork, end, reasonOfStop, requeued)
  atWork.count(end, stored === null || stored === 'yielded' ? null : stored.ended.batchStatus)
  return stored
}

async function endOf(
  db: Database,
  moves: Moves,
  atWork: UnitAtWork,
  end: RunEnd,
  reasonOfStop: string | null,
  requeued: boolean
): Promise<StoredEnd | 'yielded' | null> {
  if (end.kind === 'fenced' || atWork.fenced) return null
  if (end.kind === 'yielded' || (end.kind === 'crashed' && atWork.drained)) {
    const verdict = await retrying({ awayMs: Infinity }, () => yieldUnit(db, atWork.unit, requeued))
    if (verdict === 'fenced' || verdict === 'requeued') return null
    if (verdict === 'yielded') return 'yielded'
    return await endFromOutside(db, atWork, 'STOPPED', reasonOfStop ?? 'stopped while it gave way')
  }
  if (end.kind === 'crashed') {
    const { batchStatus, reason } = atWork.endedAs ?? { batchStatus: 'FAILED' as const, reason: end.reason }
    return await endFromOutside(db, atWork, batchStatus, reason)
  }
  try {
    return await storeOutcome(db, moves, atWork, end, reasonOfStop)
  } catch (error) {
    // E16: an end that cannot be stored must not leave the unit running for ever.
    const fault = error instanceof Error ? error.message : String(error)
    return await endFromOutside(db, atWork, 'FAILED', `its end could not be stored: ${fault}`)
  }
}

async function storeOutcome(
  db: Database,
  moves: Moves,
  atWork: UnitAtWork,
  { outcome, step }: Extract<RunEnd, { kind: 'ended' }>,
  reasonOfStop: string | null
): Promise<StoredEnd | null> {
  const written = await moves.end(atWork.unit, {
    ...atWork.claim,
    batchStatus: outcome.batchStatus,
    exitStatus: outcome.exitStatus,
    restartOn: outcome.restartOn,
    reason: outcome.reason ?? (outcome.batchStatus === 'STOPPED' ? reasonOfStop : null),
    flowOutcome: outcome.flow,
    partition: outcome.partition && {
      ...outcome.partition,
      message: outcome.partition.message ?? (outcome.batchStatus === 'STOPPED' ? reasonOfStop : null)
    },
    step,
    logParts: atWork.logParts.unindexed(atWork.unit)
  })
  // E5: an end whose commit was in doubt finds its own outcome.
  const ended = written ?? (await retrying({ awayMs: Infinity }, () => findEnd(db, atWork.unit)))
  if (ended === null) return null
  atWork.logParts.indexed(atWork.unit)
  return { ended, flow: outcome.flow }
}

async function endFromOutside(
  db: Database,
  atWork: UnitAtWork,
  batchStatus: 'FAILED' | 'STOPPED',
  reason: string
): Promise<StoredEnd | null> {
  const { unit } = atWork
  const flow = endedFlow(batchStatus, true)
  const end = { batchStatus, reason: storable(reason), flowOutcome: flow }
  const ended = await retrying(
    { awayMs: Infinity },
    async () => (await endUnitFromOutside(db, unit, end)) ?? (await findEnd(db, unit))
  )
  return ended === null ? null : { ended, flow }
}

/** What the parent of an ended child is told; `null` for a job execution. */
export function childEventOf(
  unit: ClaimedUnit,
  stored: StoredEnd | 'yielded'
): { key: string; event: ChildEvent } | null {
  if (unit.kind === 'execution') return null
  const { partitionNumber, flow } = unit
  if (stored === 'yielded') return { key: childKey(unit), event: { kind: 'yielded', partitionNumber, flow } }
  const { batchStatus, exitStatus } = stored.ended
  if (unit.kind === 'flow') {
    const outcome: FlowOutcome = {
      ...(stored.flow ?? endedFlow(batchStatus, true)),
      batchStatus: batchStatus satisfies EndStatus
    }
    return {
      key: childKey({ partitionNumber: null, flow: unit.flow }),
      event: { kind: 'flowEnded', flow: unit.flow!, outcome }
    }
  }
  return {
    key: childKey({ partitionNumber: unit.partitionNumber, flow: null }),
    event: {
      kind: 'partitionEnded',
      partitionNumber: unit.partitionNumber!,
      batchStatus,
      exitStatus,
      neverBegan: false
    }
  }
}
