// The CSV file that is loaded: five columns, one of them quoted with a comma in it, the same rows each time.
import { createWriteStream } from 'node:fs'
import { once } from 'node:events'
import { finished } from 'node:stream/promises'

const ROWS_AT_ONCE = 10_000
const DAY_MS = 86_400_000

export async function generateCsv(file: string, rows: number): Promise<void> {
  const out = createWriteStream(file, { mode: 0o644 })
  for (let begin = 0; begin < rows; begin += ROWS_AT_ONCE) {
    let text = ''
    for (let id = begin + 1; id <= Math.min(rows, begin + ROWS_AT_ONCE); id++) text += line(id)
    if (!out.write(text)) await once(out, 'drain')
  }
  out.end()
  await finished(out)
}

function line(id: number): string {
  const day = new Date(Date.UTC(2025, 0, 1) + (id % 365) * DAY_MS).toISOString().slice(0, 10)
  const cents = (id * 7919) % 1_000_000
  return `${id},customer${(id * 31) % 50_000},${(cents / 100).toFixed(2)},${day},"invoice ${id % 997}, paid"\n`
}
