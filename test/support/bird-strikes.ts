// What a run of the demo's job left behind, read from Postgres and the report's file: compared between a run that was
// disturbed and one that was not.
import { readFile } from 'node:fs/promises'
import path from 'node:path'
import type { ServerPlace } from './server-process.ts'

export interface Outcome {
  readonly rows: number
  /** Records are numbered in the file: fewer than rows means that one was written twice. */
  readonly records: number
  /** Of all columns but the job instance, over all rows in order. */
  readonly digest: string
  readonly summary: readonly object[]
  readonly report: string
}

export async function outcomeOf({ database, directory }: ServerPlace, instanceId: number): Promise<Outcome> {
  const [row] = await query<{ rows: number; records: number; digest: string }>(
    database.db,
    `select count(*) as rows, count(distinct record) as records,
      md5(string_agg(md5((to_jsonb(s) - 'instance_id')::text), '' order by record)) as digest
    from bird_strikes.strike s where instance_id = ?`,
    instanceId
  )
  const summary = await query<object>(
    database.db,
    `select state, strikes, damaging, cost, commonest_species from bird_strikes.state_summary
    where instance_id = ? order by state collate "C"`,
    instanceId
  )
  const report = path.join(directory, 'data/reports', `birdstrikes-${instanceId}.md`)
  return { ...row!, summary, report: await readFile(report, 'utf8') }
}

/** Rows of the instance that are committed now; 0 before the job has made its tables. */
export async function rowsOf({ database }: ServerPlace, instanceId: number): Promise<number> {
  const [table] = await query<{ there: boolean }>(
    database.db,
    `select to_regclass('bird_strikes.strike') is not null and ?::bigint > 0 as there`,
    instanceId
  )
  if (table?.there !== true) return 0
  const [row] = await query<{ rows: number }>(
    database.db,
    'select count(*) as rows from bird_strikes.strike where instance_id = ?',
    instanceId
  )
  return row!.rows
}

async function query<Row>(
  db: ServerPlace['database']['db'],
  sql: string,
  instanceId: number
): Promise<Row[]> {
  const { rows } = (await db.raw(sql, [instanceId])) as { rows: Row[] }
  return rows
}
