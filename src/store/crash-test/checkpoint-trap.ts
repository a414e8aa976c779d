// Holds a job right behind a checkpoint: triggers in a scratch database wait for a lock that the crash test has. So a kill
// meets the same place in every run, however fast the job is, and the server itself knows nothing of crash tests.
import type pg from 'pg'
import { setTimeout as delay } from 'node:timers/promises'
import { createSession, SCHEMA } from '../database.ts'

const LOCK = 471_819_047
const POLL_MS = 10
/** What is held holds others too, so those that were under way come to their end soon or never. */
const SETTLE_MS = 2000

// A checkpoint is the update of the row that has it: the step's own, or the partition's. `lock_timeout` of the session would
// let the chunk fail instead of wait.
const TRAP = /* sql */ `
  create schema crash_test;
  create sequence crash_test.checkpoint;
  create table crash_test.trap (after bigint);
  insert into crash_test.trap values (null);

  create function crash_test.at_checkpoint() returns trigger language plpgsql set lock_timeout = 0 as $$
  begin
    if nextval('crash_test.checkpoint') > (select after from crash_test.trap) then
      perform pg_advisory_xact_lock(${LOCK});
    end if;
    return new;
  end $$;

  -- Behind the last checkpoint of a step comes its end.
  create function crash_test.at_end() returns trigger language plpgsql set lock_timeout = 0 as $$
  begin
    if exists (select from crash_test.trap, crash_test.checkpoint
        where after > 0 and is_called and last_value >= after) then
      perform pg_advisory_xact_lock(${LOCK});
    end if;
    return new;
  end $$;

  create trigger crash_test_checkpoint before update on ${SCHEMA}.step_execution for each row
    when (new.chunk_number > old.chunk_number) execute function crash_test.at_checkpoint();
  create trigger crash_test_checkpoint before update on ${SCHEMA}.partition for each row
    when (new.chunk_number > old.chunk_number) execute function crash_test.at_checkpoint();
  create trigger crash_test_end before update on ${SCHEMA}.step_execution for each row
    when (old.end_time is null and new.end_time is not null and new.chunk_number > 0)
    execute function crash_test.at_end();
  create trigger crash_test_end before update on ${SCHEMA}.partition for each row
    when (old.end_time is null and new.end_time is not null and new.chunk_number > 0)
    execute function crash_test.at_end();`

/** Into a migrated database; it is open. */
export async function layTrap(client: pg.Client): Promise<void> {
  await client.query(TRAP)
}

export interface CheckpointTrap {
  /** Before the server starts: whatever comes behind checkpoint `after` will wait. 0: the first checkpoint does. */
  set(after: number): Promise<void>
  /** Resolves when something waits and checkpoint `after` is committed. Never, when the job ends before. */
  caught(after: number, signal: AbortSignal): Promise<void>
  /** When the server is dead: PostgreSQL rolls back what it had begun, as it would once it notices. */
  rollBack(): Promise<void>
  /** Lets everything pass from now on. */
  open(): Promise<void>
  /** Checkpoints so far. */
  checkpoints(): Promise<number>
  /** The rows of a query as texts, in an order of their own: a query without `order by` promises none. */
  rows(sql: string): Promise<readonly string[]>
  close(): Promise<void>
}

export async function openTrap(url: string): Promise<CheckpointTrap> {
  const client = createSession({
    url,
    applicationName: 'batchyard crash test',
    statementTimeoutSeconds: 0,
    searchPath: null
  })
  // A lost connection is told by the next query.
  client.on('error', () => {})
  await client.connect()
  const number = async (sql: string) => Number((await client.query<{ n: number }>(sql)).rows[0]!.n)
  const until = async (reached: () => Promise<boolean>, signal: AbortSignal) => {
    while (!signal.aborted && !(await reached())) await delay(POLL_MS)
  }
  return {
    async set(after) {
      await client.query('select pg_advisory_lock($1)', [LOCK])
      await client.query('update crash_test.trap set after = $1', [after])
    },
    async caught(after, signal) {
      await until(async () => (await number(WAITING)) > 0, signal)
      // Partitions beside it may be about to commit theirs.
      const settled = AbortSignal.any([signal, AbortSignal.timeout(SETTLE_MS)])
      await until(async () => (await number(COMMITTED)) >= after, settled)
    },
    async rollBack() {
      await client.query(
        `select pg_terminate_backend(pid, 5000) from pg_stat_activity
         where datname = current_database() and pid <> pg_backend_pid()`
      )
    },
    async open() {
      await client.query('update crash_test.trap set after = null')
      await client.query('select pg_advisory_unlock($1)', [LOCK])
    },
    checkpoints: () => number(COMMITTED),
    async rows(sql) {
      const text = { getTypeParser: () => (value: unknown) => value }
      const results = await client.query({
        text: sql,
        rowMode: 'array',
        types: text as unknown as pg.CustomTypesConfig
      })
      // More than one statement gives more than one result.
      const all = [results].flat() as pg.QueryArrayResult[]
      return all.flatMap(result => result.rows.map(row => JSON.stringify(row))).toSorted()
    },
    async close() {
      await client.end()
    }
  }
}

const WAITING = /* sql */ `
  select count(*) as n from pg_locks
  where locktype = 'advisory' and objid = ${LOCK} and not granted
    and database = (select oid from pg_database where datname = current_database())`

const COMMITTED = /* sql */ `
  select (select coalesce(sum(chunk_number), 0) from ${SCHEMA}.step_execution where not partitioned)
    + (select coalesce(sum(chunk_number), 0) from ${SCHEMA}.partition) as n`
