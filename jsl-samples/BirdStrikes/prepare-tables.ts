// Step `prepare`: makes the tables, and room for this job instance's rows.
import type { Injected } from '../../src/batch/artifacts.ts'
import { inTransaction, withDatabase } from './database.ts'

/** Any number: two first runs at one time must not both create. */
const LOCK = 20_251_124

/**
 * `strike` has no unique key: a row written twice, or never, shows in its count.
 * Rows carry their job instance, so runs at the same time do not meet. On a restart this step is COMPLETED and not done
 * again: what a later step wrote before it failed stays.
 */
export async function prepareTables(injected: Injected): Promise<void> {
  const { instanceId } = injected.jobContext
  await withDatabase(injected, database =>
    inTransaction(database, async () => {
      await database.query('select pg_advisory_xact_lock($1)', [LOCK])
      await database.query(/* sql */ `
        create schema if not exists bird_strikes;
        create table if not exists bird_strikes.strike (
          instance_id bigint not null, record integer not null, flight_date date not null, state text not null,
          airport text not null, operator text not null, aircraft text not null, phase text not null,
          species text not null, damage text not null, cost bigint not null, speed_knots integer
        );
        create index if not exists strike_by_state on bird_strikes.strike (instance_id, state collate "C");
        create table if not exists bird_strikes.state_summary (
          instance_id bigint not null, state text not null, strikes integer not null, damaging integer not null,
          cost bigint not null, commonest_species text not null, primary key (instance_id, state)
        );`)
      await database.query('delete from bird_strikes.strike where instance_id = $1', [instanceId])
      await database.query('delete from bird_strikes.state_summary where instance_id = $1', [instanceId])
    })
  )
  injected.log.info('The tables of schema bird_strikes are ready.')
}
