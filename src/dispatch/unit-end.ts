// Writes the end of a unit, as its thread told it or as it is judged from outside, and says what was stored.
import type { EndStatus } from '../batch/batch-status.ts'
import { storable } from '../batch/text.ts'
import type { RunEnd } from '../executor/execution-thread.ts'
import type { ChildEvent, FlowOutcome } from '../executor/unit-port.ts'
import type { Database } from '../store/database.ts'
import { type EndedUnit, findEnd } from '../store/ends.ts'
import { noteReason } from '../store/reasons.ts'
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
  /** Why, of a partition: the error that it ended with, or what ended it. */
  readonly message: string | null
}

/**
 * `elsewhere`: it is a partition, and its parent, which goes on, is at work on another server. `null`: the unit was not ours any
 * more, and nothing was written; or, `elsewhere`, it gave way and is READY for any server. `yielded`: it goes on later, with its
 * parent (ENGINE E12).
 */
export async function storeEnd(
  db: Database,
  moves: Moves,
  atWork: UnitAtWork,
  end: RunEnd,
  reasonOfStop: string | null,
  elsewhere = false
): Promise<StoredEnd | 'yielded' | null> {
  const stored = await endOf(db, moves, atWork, end, reasonOfStop, elsewhere)
  atWork.count(end, stored === null || stored === 'yielded' ? null : stored.ended.batchStatus)
  return stored
}

async function endOf(
  db: Database,
  moves: Moves,
  atWork: UnitAtWork,
  end: RunEnd,
  reasonOfStop: string | null,
  elsewhere: boolean
): Promise<StoredEnd | 'yielded' | null> {
  if (end.kind === 'fenced' || atWork.fenced) return null
  // Its job is stopped by it, on a server that knows of no reason.
  const reason = elsewhere ? whyStopped(atWork, end, reasonOfStop) : null
  if (reason !== null)
    await retrying({ awayMs: Infinity }, () => noteReason(db, atWork.unit.executionId, storable(reason)))
  if (end.kind === 'yielded' || (end.kind === 'crashed' && atWork.drained)) {
    const verdict = await retrying({ awayMs: Infinity }, () => yieldUnit(db, atWork.unit, elsewhere))
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

/** Of what ends STOPPED for this server's sake. */
function whyStopped(atWork: UnitAtWork, end: RunEnd, reasonOfStop: string | null): string | null {
  if (end.kind === 'ended') return end.outcome.batchStatus === 'STOPPED' ? reasonOfStop : null
  return end.kind === 'crashed' && atWork.endedAs?.batchStatus === 'STOPPED' ? atWork.endedAs.reason : null
}

async function storeOutcome(
  db: Database,
  moves: Moves,
  atWork: UnitAtWork,
  { outcome, step }: Extract<RunEnd, { kind: 'ended' }>,
  reasonOfStop: string | null
): Promise<StoredEnd | null> {
  const ofStop = outcome.batchStatus === 'STOPPED' ? reasonOfStop : null
  const message = outcome.partition?.message ?? ofStop
  const written = await moves.end(atWork.unit, {
    ...atWork.claim,
    kind: atWork.unit.kind,
    batchStatus: outcome.batchStatus,
    exitStatus: outcome.exitStatus,
    restartOn: outcome.restartOn,
    reason: outcome.reason ?? ofStop,
    flowOutcome: outcome.flow,
    partition: outcome.partition && { ...outcome.partition, message },
    step,
    logParts: atWork.logParts.unindexed(atWork.unit)
  })
  // E5: an end whose commit was in doubt finds its own outcome.
  const ended = written ?? (await retrying({ awayMs: Infinity }, () => findEnd(db, atWork.unit)))
  if (ended === null) return null
  atWork.logParts.indexed(atWork.unit)
  return { ended, flow: outcome.flow, message }
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
  return ended === null ? null : { ended, flow, message: end.reason }
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
      message: stored.message,
      neverBegan: false
    }
  }
}
