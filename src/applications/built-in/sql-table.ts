// A table as a writer must know it: the types of its columns, and the statements that put a chunk's rows into it in one round trip.
import type { ChunkConnection } from '../../batch/artifacts.ts'
import { quotedName, quotedTable } from '../../service/quoted-name.ts'

export interface SqlTable {
  /** Quoted. */
  readonly name: string
  /** The type of each column, as a cast has it: without length, which the insert itself judges. */
  readonly types: ReadonlyMap<string, { readonly type: string; readonly isArray: boolean }>
}

/** @throws Error when there is no such table */
export async function sqlTable(connection: ChunkConnection, table: string): Promise<SqlTable> {
  const name = quotedTable(table)
  const { rows } = await connection.query<{ name: string; type: string; array: boolean }>(
    `select a.attname as name, format_type(a.atttypid, -1) as type, t.typcategory = 'A' as array
    from pg_attribute a join pg_type t on t.oid = a.atttypid
    where a.attrelid = to_regclass($1) and a.attnum > 0 and not a.attisdropped order by a.attnum`,
    [name]
  )
  if (rows.length === 0) throw new Error(`There is no table ${table}, or it has no columns.`)
  return { name, types: new Map(rows.map(({ name, type, array }) => [name, { type, isArray: array }])) }
}

/** @throws Error naming those that the table has not */
export function checkColumns({ name, types }: SqlTable, columns: readonly string[]): void {
  const unknown = columns.filter(column => !types.has(column))
  if (unknown.length > 0)
    throw new Error(
      `The table ${name} has no column ${unknown.join(', ')}; it has ${[...types.keys()].slice(0, 50).join(', ')}.`
    )
}

/** One text array as parameter for each column. `key` null = insert only; else rows of the same key are updated. */
export function insertStatement(
  table: SqlTable,
  columns: readonly string[],
  key: readonly string[] | null
): string {
  const names = columns.map(quotedName)
  const values = columns.map((column, index) => `u.c${index}::${table.types.get(column)!.type}`)
  const arrays = columns.map((_, index) => `$${index + 1}::text[]`)
  const aliases = columns.map((_, index) => `c${index}`)
  const insert = `insert into ${table.name} (${names.join(', ')}) select ${values.join(', ')} from unnest(${arrays.join(', ')}) as u (${aliases.join(', ')})`
  if (key === null) return insert
  const updated = columns.filter(column => !key.includes(column)).map(quotedName)
  const action =
    updated.length === 0
      ? 'nothing'
      : `update set ${updated.map(column => `${column} = excluded.${column}`).join(', ')}`
  return `${insert} on conflict (${key.map(quotedName).join(', ')}) do ${action}`
}
