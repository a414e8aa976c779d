// The connection offered to artifacts inside a chunk: statements yes, transaction control no.
import type pg from 'pg'

const CONTROL =
  /^(begin|start transaction|commit|end|rollback|abort|savepoint|release|prepare transaction|set (?:local |session )?(?:transaction|session characteristics)|discard)\b/

const OUTSIDE = /\/\*|--[^\r\n]*|\w+|[^]/y
const IN_COMMENT = /\/\*|\*\/|[^]/y

/** The words a statement begins with, without the comments that may hide them: PostgreSQL's nest. */
function firstWords(sql: string): string {
  const words: string[] = []
  for (let at = 0, depth = 0; at < sql.length && words.length < 4;) {
    const pattern = depth > 0 ? IN_COMMENT : OUTSIDE
    pattern.lastIndex = at
    const token = pattern.exec(sql)![0]
    at += token.length
    if (token === '/*') depth++
    else if (depth > 0) depth -= token === '*/' ? 1 : 0
    else if (!/^(--|[\s;])/.test(token)) words.push(token.toLowerCase())
  }
  return words.join(' ')
}

export class TransactionControlRefused extends Error {
  override readonly name = 'TransactionControlRefused'
}

/** Throws TransactionControlRefused for statements that would begin or end the chunk's transaction. */
export function refuseTransactionControl(sql: string): void {
  const control = CONTROL.exec(firstWords(sql))
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
