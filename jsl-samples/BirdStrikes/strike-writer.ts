// The writer of step `load`: a chunk's rows in one statement, inside the transaction that has the checkpoint.
import type { Injected } from '../../src/batch/artifacts.ts'
import type { Strike } from './strike-processor.ts'

const INSERT = /* sql */ `
  insert into bird_strikes.strike
    (instance_id, record, flight_date, state, airport, operator, aircraft, phase, species, damage, cost, speed_knots)
  select $1, * from unnest($2::integer[], $3::date[], $4::text[], $5::text[], $6::text[], $7::text[], $8::text[],
    $9::text[], $10::text[], $11::bigint[], $12::integer[])`

const COLUMNS = [
  'record',
  'flightDate',
  'state',
  'airport',
  'operator',
  'aircraft',
  'phase',
  'species',
  'damage',
  'cost',
  'speedKnots'
] as const satisfies readonly (keyof Strike)[]

/** What is written through `connection` commits with the checkpoint, or not at all: exactly once, whatever is killed. */
export async function strikeWriter(strikes: Strike[], { connection, jobContext }: Injected): Promise<void> {
  const columns = COLUMNS.map(column => strikes.map(strike => strike[column]))
  await connection.query(INSERT, [jobContext.instanceId, ...columns])
}
