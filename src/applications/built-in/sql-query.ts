// The query of `sqlReader` as it is sent: from the beginning, or behind the key that the last checkpoint has.
import { quotedName } from '../../service/quoted-name.ts'

/** A column that says of a row: it has the key of the last checkpoint. */
export const AGAIN = 'batchyard_again'

/** `after` null = from the beginning. Values of the key follow those of `parameters`. */
export function keyedQuery(sql: string, key: readonly string[], parameters: number, after: boolean): string {
  const names = key.map(name => `q.${quotedName(name)}`)
  const order = `order by ${names.join(', ')}`
  // The line end: a comment at the end of the query must not reach further.
  const query = `(${bare(sql)}\n) q`
  if (!after) return `select * from ${query} ${order}`
  const row = `(${names.join(', ')})`
  const values = `(${key.map((_, index) => `$${parameters + index + 1}`).join(', ')})`
  return `select q.*, ${row} = ${values} as ${AGAIN} from ${query} where ${row} >= ${values} ${order}`
}

/** Without the semicolon at its end, which a query in brackets must not have. */
export function bare(sql: string): string {
  return sql.replace(/[\s;]+$/, '')
}
