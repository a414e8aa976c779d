// What becomes of the units of a server that died (ENGINE E7, E8, E12): under `fail` their jobs FAIL with the reason and can
// be restarted at once; under `resume` the same execution goes on from its last checkpoint. Only claimed ones go back unchanged.
import type { BatchStatus } from '../batch/batch-status.ts'
import { withCapsOf } from './caps.ts'
import { type Database, rows } from './database.ts'
import { endSubtree } from './execution-ends.ts'
import { noteInterruption, poisonWindow } from './interruptions.ts'
import { notify } from './notifications.ts'
import { both, recoverPartitions, type UnitRow } from './partition-recoveries.ts'
import { resumeExecution } from './resumptions.ts'

/** Executions with a unit of this dead incarnation, oldest first. */
export async function findExecutionsOfDead(db: Database, incarnation: string): Promise<number[]> {
  const found = await rows<{ execution_id: number }>(
    db,
    `select distinct execution_id from unit where incarnation = :incarnation or only_incarnation = :incarnation order by execution_id`,
    { incarnation }
  )
  return found.map(row => row.execution_id)
}

export interface Recovery {
  readonly executionId: number
  readonly incarnation: string
  readonly reason: string
  /** The policy of whoever recovers, where the job names none. */
  readonly policy: 'fail' | 'resume'
  /** Crashes of one execution after which `resume` gives up (E12). */
  readonly crashBudget: number
  /** Judged are only these units of it; absent = all of the incarnation's. */
  readonly onlyUnits?: readonly number[]
}

/**
 * One execution in one transaction: CLAIMED units of the dead go back to READY with a higher epoch; when a STARTED or
 * STOPPING one was among them, the subtree of the topmost of them ends (`fail`) or is READY again (`resume`): all of the
 * execution, or only partitions whose step is at work on a server that lives. Gives what became of it, `null` when nothing
 * of it was the dead one's any more.
 */
export async function recoverExecution(
  db: Database,
  recovery: Recovery
): Promise<BatchStatus | 'READY' | null> {
  return await withCapsOf(db, recovery, async trx => {
    const units = await rows<UnitRow>(
      trx,
      /* sql */ `select u.unit_id, parent_id, kind, status, recovery, overdue, epoch, step_execution_id, partition_number,
        only_incarnation is null as remote, u.incarnation is not null as held,
        coalesce(u.incarnation = :incarnation or only_incarnation = :incarnation, false) as dead,
        coalesce(u.incarnation <> :incarnation and i.dead_at is not null, false) as of_other_dead
      from unit u left join incarnation i on i.incarnation = u.incarnation
      where execution_id = :executionId order by u.unit_id for update of u`,
      { ...recovery }
    )
    const judged = recovery.onlyUnits === undefined ? null : new Set(recovery.onlyUnits)
    const lost = units.filter(unit => unit.dead && (judged === null || judged.has(unit.unit_id)))
    // E7: the topmost only. What is above these died with another server, whose recovery takes them along: one crash, not two.
    const byId = new Map(units.map(unit => [unit.unit_id, unit]))
    const dead = lost.filter(unit => !above(unit, byId).some(each => each.of_other_dead))
    if (dead.length === 0) return null
    if (dead.every(unit => unit.status === 'CLAIMED' && unit.kind === 'execution')) {
      await rows(
        trx,
        `update unit set status = 'READY', incarnation = null, epoch = epoch + 1
        where execution_id = :executionId and incarnation = :incarnation and status = 'CLAIMED'`,
        { ...recovery }
      )
      await notify(trx, { kind: 'ready' })
      return 'READY'
    }
    const ids = new Set(dead.map(unit => unit.unit_id))
    if (dead.every(unit => unit.kind === 'partition' && unit.remote && !ids.has(unit.parent_id!)))
      return await recoverPartitions(trx, recovery, dead)
    // What other servers have of it is theirs no more.
    if (units.some(unit => unit.held && !unit.dead)) await notify(trx, { kind: 'renew' })
    return await recoverBegun(trx, recovery, units[0]!)
  })
}

/** `byId`: all of the execution. */
function above({ parent_id: id }: UnitRow, byId: ReadonlyMap<number, UnitRow>): UnitRow[] {
  const parent = id === null ? undefined : byId.get(id)
  return parent === undefined ? [] : [parent, ...above(parent, byId)]
}

/** `root`: the topmost unit of the execution. */
async function recoverBegun(
  trx: Database,
  recovery: Recovery,
  root: UnitRow
): Promise<BatchStatus | 'READY'> {
  const { executionId, reason } = recovery
  const crashed = true
  const interruptions = await noteInterruption(trx, recovery)
  if ((root.recovery ?? recovery.policy) === 'fail' || root.overdue !== null) {
    await endSubtree(trx, { executionId, reason: both(root.overdue, reason), batchStatus: 'FAILED', crashed })
    return 'FAILED'
  }
  if (root.status === 'STOPPING') {
    await endSubtree(trx, { executionId, reason, batchStatus: 'STOPPED', crashed })
    return 'STOPPED'
  }
  // One at a time, however many of its units a server had.
  if (interruptions.length > recovery.crashBudget) {
    await endSubtree(trx, {
      executionId,
      batchStatus: 'FAILED',
      crashed,
      reason: `its server died ${interruptions.length} times under it ${poisonWindow(interruptions)}; last: ${reason}`
    })
    return 'FAILED'
  }
  await resumeExecution(trx, { executionId, rootId: root.unit_id, crashed })
  return 'READY'
}
