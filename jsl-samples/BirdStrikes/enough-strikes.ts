// The decision after step `summarise`: is there enough for a report?
import type { Injected } from '../../src/batch/artifacts.ts'
import type { StepExecution } from '../../src/batch/job-records.ts'
import { withDatabase } from './database.ts'

/** ENOUGH or TOO FEW, by property `minimum`. It asks the table: after a restart the steps tell of their last part only. */
export async function enoughStrikes(_steps: readonly StepExecution[], injected: Injected): Promise<string> {
  const minimum = Number(injected.properties['minimum'] ?? 1)
  const { rows } = await withDatabase(injected, database =>
    database.query<{ strikes: number }>(
      'select coalesce(sum(strikes), 0)::integer as strikes from bird_strikes.state_summary where instance_id = $1',
      [injected.jobContext.instanceId]
    )
  )
  const strikes = rows[0]?.strikes ?? 0
  injected.log.info(`${strikes} strikes, at least ${minimum} are wanted`)
  return strikes >= minimum ? 'ENOUGH' : 'TOO FEW'
}
