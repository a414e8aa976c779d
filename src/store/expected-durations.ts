// What the history of a definition says about how long its runs take.
import type { ExpectedDuration } from '../batch/expected-duration.ts'
import { type Database, rows } from './database.ts'

/** Runs that it is learnt from, and the newest of the definition that they are looked for among. */
export const LEARNT_FROM = 20
const LOOKED_AT = 200

export interface ExpectedDurations {
  /** By definition; those without a run to learn from have none. */
  readonly byDefinition: ReadonlyMap<string, ExpectedDuration>
  /** The store's clock. */
  readonly now: Date
}

/** The newest that were COMPLETED by their first execution, whatever the version. */
export async function expectedDurations(
  db: Database,
  definitions: readonly string[]
): Promise<ExpectedDurations> {
  const found = await rows<ExpectedDuration & { definition: string | null; now: Date }>(
    db,
    /* sql */ `select d.definition, d.runs, d."medianMs", d."p90Ms", clock_timestamp() as now
    from (values (1)) one (row) left join (
      select w.definition, count(*)::int as runs,
        round(percentile_cont(0.5) within group (order by r.ms))::bigint as "medianMs",
        round(percentile_cont(0.9) within group (order by r.ms))::bigint as "p90Ms"
      from unnest(:definitions::text[]) w (definition), lateral (
        select extract(epoch from e.end_time - e.start_time) * 1000 as ms
        from (select instance_id from run where run.definition = w.definition order by instance_id desc limit ${LOOKED_AT}) n
          join job_instance i using (instance_id) join job_execution e on e.execution_id = i.latest_execution_id
        where i.batch_status = 'COMPLETED' and i.executions = 1
        order by n.instance_id desc limit ${LEARNT_FROM}
      ) r group by w.definition
    ) d on true`,
    { definitions: [...new Set(definitions)] }
  )
  return {
    byDefinition: new Map(
      found.flatMap(({ definition, medianMs, p90Ms, runs }) =>
        definition === null ? [] : [[definition, { medianMs, p90Ms, runs }] as const]
      )
    ),
    now: found[0]!.now
  }
}
