// Step `summarise`: a mapper cuts the states into ranges, each partition sums up one range, collector and analyzer report.
import type { Injected, PartitionAnalyzer, PartitionPlan } from '../../src/batch/artifacts.ts'
import type { EndStatus } from '../../src/batch/batch-status.ts'
import { inTransaction, withDatabase } from './database.ts'

interface RangeSummary {
  readonly states: number
  readonly strikes: number
}

/**
 * At most property `partitions` ranges of equally many states. The same rows give the same ranges: a restart keeps the
 * number of partitions and runs those that are not COMPLETED, so each must mean what it meant.
 */
export async function stateRanges(injected: Injected): Promise<PartitionPlan> {
  const states = await withDatabase(injected, async database => {
    const { rows } = await database.query<{ state: string }>(
      'select distinct state collate "C" as state from bird_strikes.strike where instance_id = $1 order by 1',
      [injected.jobContext.instanceId]
    )
    return rows.map(row => row.state)
  })
  const size = Math.max(1, Math.ceil(states.length / Number(injected.properties['partitions'] ?? 4)))
  const ranges: Record<string, string>[] = []
  for (let first = 0; first < states.length; first += size)
    ranges.push({ from: states[first]!, to: states[Math.min(first + size, states.length) - 1]! })
  // A file without a single usable record still gets its one partition, which finds nothing.
  if (ranges.length === 0) ranges.push({})
  injected.log.info(`${states.length} states in ${ranges.length} partitions`)
  return { partitions: ranges.length, partitionProperties: ranges }
}

/** The batchlet of one partition. Done again it writes the same rows: deletion and insertion are one transaction. */
export async function summariseStates(injected: Injected): Promise<string> {
  const { properties, jobContext, stepContext } = injected
  const { from, to } = properties
  if (from === undefined || to === undefined) return 'nothing to sum up'
  const range = [jobContext.instanceId, from, to]
  const rows = await withDatabase(injected, database =>
    inTransaction(database, async () => {
      await database.query(
        /* sql */ `delete from bird_strikes.state_summary
          where instance_id = $1 and state collate "C" between $2 and $3`,
        range
      )
      const inserted = await database.query<{ strikes: number }>(
        /* sql */ `insert into bird_strikes.state_summary
          select instance_id, state, count(*), count(*) filter (where damage <> 'None'), sum(cost),
            mode() within group (order by species)
          from bird_strikes.strike
          where instance_id = $1 and state collate "C" between $2 and $3
          group by instance_id, state
          returning strikes`,
        range
      )
      return inserted.rows
    })
  )
  const strikes = rows.reduce((sum, row) => sum + row.strikes, 0)
  // Of this partition only: this is how its collector gets it.
  stepContext.transientUserData = { states: rows.length, strikes } satisfies RangeSummary
  return `${from} to ${to}: ${strikes} strikes`
}

/** Runs in the partition, also after a failure; what it returns travels to the analyzer. */
export function stateCollector({ stepContext }: Injected): RangeSummary | null {
  return (stepContext.transientUserData as RangeSummary | null) ?? null
}

/** Runs in the step's own thread. On a restart it hears of the partitions that ran again, so it only reports. */
export class StateAnalyzer implements PartitionAnalyzer<RangeSummary | null> {
  readonly #injected: Injected
  #strikes = 0

  constructor(injected: Injected) {
    this.#injected = injected
  }

  analyzeCollectorData(summary: RangeSummary | null): void {
    this.#strikes += summary?.strikes ?? 0
  }

  analyzeStatus(batchStatus: EndStatus, exitStatus: string): void {
    this.#injected.log.info(`A partition is ${batchStatus} (${exitStatus}); ${this.#strikes} strikes so far.`)
  }
}
