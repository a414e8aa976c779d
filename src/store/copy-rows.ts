// COPY … FROM STDIN on the connection offered to artifacts: names and rows only, since its protocol would take a second statement.
import { Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import type pg from 'pg'
import { from as copyFrom } from 'pg-copy-streams'
import { copyLine } from '../service/column-text.ts'
import { quotedName, quotedTable } from '../service/quoted-name.ts'

export type CopyRows = Iterable<readonly unknown[]> | AsyncIterable<readonly unknown[]>

/** Text gathered before it is sent, in UTF-16 units. */
const BLOCK = 64 * 1024

/** The number of rows. Rejects with PostgreSQL's error, or with what `rows` threw; then none of them is there. */
export async function copyOffered(
  client: pg.Client,
  table: string,
  columns: readonly string[],
  rows: CopyRows
): Promise<number> {
  if (columns.length === 0) throw new Error('COPY needs at least one column.')
  const sql = `copy ${quotedTable(table)} (${columns.map(quotedName).join(', ')}) from stdin`
  const sink = client.query(copyFrom(sql))
  await pipeline(Readable.from(blocksOf(rows, columns.length)), sink)
  return sink.rowCount
}

async function* blocksOf(rows: CopyRows, width: number): AsyncGenerator<Buffer, void> {
  let block = ''
  for await (const row of rows) {
    if (row.length !== width) throw new Error(`A row has ${row.length} values for ${width} columns.`)
    block += copyLine(row)
    if (block.length < BLOCK) continue
    yield Buffer.from(block)
    block = ''
  }
  if (block !== '') yield Buffer.from(block)
}
