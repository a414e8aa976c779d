// What one storm happens to: a PostgreSQL of its own that can be crashed, a ledger without keys, and a trigger that notes what
// becomes of units, so that the count at the end is not the engine's own.
import path from 'node:path'
import { type Database, openDatabase } from '../../../src/store/database.ts'
import {
  type EmbeddedPostgres,
  startEmbeddedPostgres
} from '../../../src/store/embedded/embedded-postgres.ts'
import { migrate } from '../../../src/store/migrate.ts'
import { lasting } from '../../support/chaos.ts'
import type { Teardown } from '../../support/database.ts'

export interface StormPlace {
  readonly directory: string
  readonly url: string
  readonly db: Database
  /** `crash`: as by a kill -9 of all of it; else an orderly restart that closes all sessions. */
  restartPostgres(how: 'crash' | 'restart', awayMs: number): Promise<void>
}

const NOTES = /* sql */ `
create schema ledger;
create table ledger.entry (instance_id bigint not null, step text not null, partition_number integer, n integer not null,
  unit_id bigint, epoch integer, session text not null);
create table ledger.held (unit_id bigint not null, epoch integer not null, status text not null, incarnation uuid not null);
create table ledger.interrupted (unit_id bigint not null, epoch integer not null, kind text not null, incarnation uuid not null,
  instance_id bigint not null);
create function ledger.note() returns trigger language plpgsql as $$
begin
  if tg_op = 'UPDATE' and new.incarnation is not null and (old.incarnation is distinct from new.incarnation
      or old.epoch <> new.epoch or old.status <> new.status) then
    insert into ledger.held values (new.unit_id, new.epoch, new.status, new.incarnation);
  end if;
  if old.status in ('STARTED', 'STOPPING') and (tg_op = 'DELETE' or new.epoch <> old.epoch)
      and current_setting('application_name') <> 'batchyard ' || old.incarnation
      and exists (select from batchyard.incarnation where incarnation = old.incarnation and dead_at is not null) then
    insert into ledger.interrupted values (old.unit_id, old.epoch, old.kind, old.incarnation, old.instance_id);
  end if;
  return null;
end $$;
create trigger note after update or delete on batchyard.unit for each row execute function ledger.note();
`

export async function stormPlace(t: Teardown, directory: string): Promise<StormPlace> {
  const start = (port?: number) =>
    startEmbeddedPostgres({
      dataDir: path.join(directory, 'database'),
      log: { info() {}, warn() {} },
      fsync: false,
      extraSettings: { max_connections: '200' },
      ...(port === undefined ? {} : { port })
    })
  let postgres: EmbeddedPostgres = await start()
  t.teardown(() => postgres.stop())
  const { url, port } = postgres
  await migrate(url)
  const db = openDatabase({ url, applicationName: 'storm', statementTimeoutSeconds: 60, connections: 5 })
  t.teardown(() => db.destroy())
  await db.raw(NOTES)
  return {
    directory,
    url,
    db,
    async restartPostgres(how, awayMs) {
      if (how === 'crash') process.kill(postgres.pid, 'SIGQUIT')
      await postgres.stop()
      await lasting(awayMs)
      postgres = await start(port)
    }
  }
}
