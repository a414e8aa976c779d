// Names of tables and columns as SQL takes them: a name from a job is a name, whatever is in it, and never SQL.

/** @throws Error for an empty name or one with U+0000, which PostgreSQL cannot have */
export function quotedName(name: string): string {
  if (name === '' || name.includes('\0'))
    throw new Error('A name of a table or column must not be empty or contain U+0000.')
  return `"${name.replaceAll('"', '""')}"`
}

/** `table` or `schema.table`; a name with a dot in it is quoted: `"a.b"`. @throws Error for anything else */
export function quotedTable(table: string): string {
  const parts = [...table.matchAll(/(?:^|\.)(?:"((?:[^"]|"")+)"|([^".]+))/gy)]
  const length = parts.reduce((sum, [part]) => sum + part.length, 0)
  if (length !== table.length || parts.length < 1 || parts.length > 2)
    throw new Error(`${table.slice(0, 100)} is no name of a table: it is table or schema.table.`)
  return parts
    .map(([, quoted, plain]) => quotedName(quoted?.replaceAll('""', '"') ?? plain!.trim()))
    .join('.')
}
