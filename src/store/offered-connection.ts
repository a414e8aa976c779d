// The connection offered to artifacts inside a chunk: statements yes, transaction control no.
import type pg from 'pg'

const CONTROL =
  /^(begin|start\s+transaction|commit|end|rollback|abort|savepoint|release|prepare\s+transaction|set\s+(local\s+|session\s+)?(transaction|session\s+characteristics)|discard)\b/i

/** Leading comments and blanks, where a keyword could hide. */
const LEADING = /^(?:\s|--[^\n]*(?:\n|$)|\/\*[\s\S]*?\*\/|;)+/

export class TransactionControlRefused extends Error {
  override readonly name = 'TransactionControlRefused'
}

/** Throws TransactionControlRefused for statements that would begin or end the chunk's transaction. */
export function refuseTransactionControl(sql: string): void {
  const control = CONTROL.exec(sql.replace(LEADING, ''))
  if (control !== null)
    throw new TransactionControlRefused(
      `${control[1]!.toUpperCase()} is refused on the chunk's connection: the runtime begins and ends its transaction`
    )
}

/** Runs one statement; the extended protocol takes no second one behind a semicolon. */
export async function runOffered<Row>(
  client: pg.Client,
  sql: string,
  values: readonly unknown[]
): Promise<{ rows: Row[]; rowCount: number }> {
  const result = await client.query({
    text: sql,
    values: [...values],
    queryMode: 'extended'
  } as pg.QueryConfig)
  return { rows: result.rows as Row[], rowCount: result.rowCount ?? 0 }
}
