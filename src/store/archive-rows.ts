// The rows of job instances as they are kept when the instances go: each table's as JSON lines, a page at a time.
import { type Database, rows } from './database.ts'

const PAGE = 500

interface ArchivedTable {
  /** Of `t`, and which rows of it. */
  readonly from: string
  /** Its key: what the pages go by, and in which order. */
  readonly key: readonly string[]
}

const OF_INSTANCES = 'where t.instance_id = any(:instanceIds::bigint[])'
const OF_EXECUTIONS = /* sql */ `join job_execution e on e.execution_id = t.execution_id
  where e.instance_id = any(:instanceIds::bigint[])`

/** Name of the file → where its rows are. */
const TABLES = {
  instances: { from: `job_instance t ${OF_INSTANCES}`, key: ['t.instance_id'] },
  runs: { from: `run t ${OF_INSTANCES}`, key: ['t.instance_id'] },
  executions: { from: `job_execution t ${OF_INSTANCES}`, key: ['t.execution_id'] },
  parameters: { from: `job_parameter t ${OF_EXECUTIONS}`, key: ['t.execution_id', 't.ordinal'] },
  steps: { from: `step_execution t ${OF_INSTANCES}`, key: ['t.step_execution_id'] },
  partitions: {
    from: `partition t ${OF_EXECUTIONS}`,
    key: ['t.step_execution_id', 't.partition_number']
  },
  flows: { from: `flow t ${OF_EXECUTIONS}`, key: ['t.execution_id', 't.split', 't.flow'] },
  jsl: {
    from: `job_xml t where t.xml_id in (select xml_id from job_instance i where i.instance_id = any(:instanceIds::bigint[]))`,
    key: ['t.xml_id']
  }
} as const satisfies Record<string, ArchivedTable>

export type ArchivedRows = keyof typeof TABLES

export const ARCHIVED_ROWS = Object.keys(TABLES) as readonly ArchivedRows[]

export type ArchivedRow = Readonly<Record<string, unknown>>

/** As `to_jsonb` writes them, in the order of their keys; memory holds a page of them. */
export async function* archivedRows(
  db: Database,
  kind: ArchivedRows,
  instanceIds: readonly number[]
): AsyncGenerator<ArchivedRow> {
  const { from, key }: ArchivedTable = TABLES[kind]
  const keys = key.join(', ')
  for (let after: readonly unknown[] | null = null; ;) {
    const last: readonly unknown[] | null = after
    const behind = last === null ? '' : ` and (${keys}) > (${last.map((_, at) => `:key${at}`).join(', ')})`
    const page: { row: ArchivedRow; key: unknown[] }[] = await rows(
      db,
      /* sql */ `select to_jsonb(t) as row, json_build_array(${keys}) as key from ${from}${behind} order by ${keys} limit ${PAGE}`,
      { instanceIds, ...Object.fromEntries((last ?? []).map((value, at) => [`key${at}`, value])) }
    )
    for (const { row } of page) yield row
    if (page.length < PAGE) return
    after = page.at(-1)!.key
  }
}

/** Names of parameters that definitions declare secret, by instance. */
export async function declaredSecrets(
  db: Database,
  instanceIds: readonly number[]
): Promise<ReadonlyMap<number, readonly string[]>> {
  const found = await rows<{ instanceId: number; names: string[] }>(
    db,
    `select instance_id as "instanceId", secret_parameters as names from run
    where instance_id = any(:instanceIds::bigint[]) and secret_parameters <> '{}'`,
    { instanceIds }
  )
  return new Map(found.map(({ instanceId, names }) => [instanceId, names]))
}

/** Log folders and indexed log parts of executions, relative to the root, by instance. */
export async function archivedLogs(
  db: Database,
  instanceIds: readonly number[]
): Promise<{ instanceId: number; logPath: string; indexed: string[] }[]> {
  return await rows(
    db,
    /* sql */ `select e.instance_id as "instanceId", e.log_path as "logPath",
      array(select p.path from job_log_part p where p.execution_id = e.execution_id) as indexed
    from job_execution e where e.instance_id = any(:instanceIds::bigint[]) and e.log_path <> ''
    order by e.instance_id, e.execution_id`,
    { instanceIds }
  )
}
