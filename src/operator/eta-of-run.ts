// When a job instance that is at work should end, from the runs of its definition before it.
import { etaOf } from '../batch/expected-duration.ts'
import type { Database } from '../store/database.ts'
import { expectedDurations } from '../store/expected-durations.ts'
import { findRun } from '../store/runs.ts'

/** `null` = nobody knows: it is no run of a definition, none of its runs has ended well yet, or it has taken longer than they. */
export async function etaOfRun(db: Database, instanceId: number): Promise<Date | null> {
  const run = await findRun(db, instanceId)
  if (run === null || run.definition === null || run.startTime === null || run.endTime !== null) return null
  const { byDefinition, now } = await expectedDurations(db, [run.definition])
  const expected = byDefinition.get(run.definition)
  return expected === undefined ? null : etaOf(run.startTime, expected, now.getTime())
}
