// Rows a second from a CSV file into Postgres, exactly once by a chunk step, beside a bare loop and the server's own COPY.
import path from 'node:path'
import pg from 'pg'
import { columnsOf, type CsvRow, CsvRows, INSERT_ROWS } from './applications/Bench/csv-rows.ts'
import { query } from './harness/bench-postgres.ts'
import { type Bench, type Benchmark, type Measurement, repeat } from './harness/benchmark.ts'
import { generateCsv } from './harness/generate-csv.ts'
import { startBenchServer } from './harness/server-process.ts'
import { runStep } from './harness/step-seconds.ts'

const RUNS = 3
const ITEM_COUNTS = [
  { itemCount: 100, budget: null },
  { itemCount: 1000, budget: '≥ 0.7 ×' },
  { itemCount: 10_000, budget: null }
] as const

const TABLE = /* sql */ `create table public.payment
  (id bigint not null, customer text not null, amount numeric not null, day date not null, note text not null)`

export const csvToPostgres: Benchmark = {
  name: 'csv-to-postgres',
  about:
    'Rows of five columns: csv-parse by blocks, one unnest INSERT and the checkpoint in a transaction for each chunk; by a chunk step, and by a bare loop with the same parser, INSERT and a checkpoint row. COPY reads the file in the server.',
  minutes: 12,
  run
}

async function run(bench: Bench): Promise<readonly Measurement[]> {
  const rows = bench.full ? 1_000_000 : bench.quick ? 50_000 : 500_000
  const file = path.join(bench.directory, 'payments.csv')
  await generateCsv(file, rows)
  const databaseUrl = await bench.postgres.database()
  const { url } = await startBenchServer(bench, databaseUrl)
  await query(databaseUrl, TABLE)
  await query(databaseUrl, 'create table public.progress (chunk bigint not null, checkpoint jsonb)')
  await query(databaseUrl, 'insert into public.progress values (0, null)')
  const measured = async (load: () => Promise<number>) => {
    bench.signal.throwIfAborted()
    await query(databaseUrl, 'truncate public.payment')
    await query(databaseUrl, 'checkpoint')
    const seconds = await load()
    const [stored] = await query<{ count: number }>(
      databaseUrl,
      'select count(*)::int as count from public.payment'
    )
    if (stored!.count !== rows) throw new Error(`${stored!.count} of ${rows} rows are there`)
    return rows / seconds
  }
  const step = async (itemCount: number) =>
    (await runStep({ url, databaseUrl }, 'csv-to-postgres', { file, itemCount: String(itemCount) })).seconds
  await measured(() => step(10_000))

  const measurements: Measurement[] = []
  for (const { itemCount, budget } of ITEM_COUNTS) {
    const rounds = await repeat(RUNS, async () => ({
      bare: await measured(() => bareLoop(databaseUrl, file, itemCount)),
      ours: await measured(() => step(itemCount))
    }))
    measurements.push({
      what: `chunk step, item-count ${itemCount}`,
      unit: 'rows/s',
      values: rounds.map(({ ours }) => ours),
      reference: { name: 'bare loop', values: rounds.map(({ bare }) => bare) },
      ...(budget === null ? {} : { budget })
    })
    bench.say(`item-count ${itemCount} is done`)
  }
  const copies = await copy(bench, databaseUrl, file, measured)
  return [
    ...measurements,
    {
      what: 'csv-parse alone',
      unit: 'rows/s',
      values: await repeat(RUNS, async () => parseAlone(file, rows))
    },
    ...(copies === null ? [] : [{ what: 'COPY by the server', unit: 'rows/s', values: copies }])
  ]
}

/** Seconds. What someone would write who needs no restart but by hand. */
async function bareLoop(databaseUrl: string, file: string, itemCount: number): Promise<number> {
  const db = new pg.Client({ connectionString: databaseUrl })
  await db.connect()
  const csv = new CsvRows(file, null)
  try {
    const begun = performance.now()
    for (let chunk = 1, row = csv.next(); row !== null; chunk++) {
      const rows: CsvRow[] = []
      for (; row !== null && rows.length < itemCount; row = csv.next()) rows.push(row)
      await db.query('begin')
      await db.query(INSERT_ROWS, [...columnsOf(rows)])
      await db.query('update public.progress set chunk = $1, checkpoint = $2', [chunk, csv.position])
      await db.query('commit')
    }
    return (performance.now() - begun) / 1000
  } finally {
    csv.close()
    await db.end()
  }
}

function parseAlone(file: string, rows: number): number {
  const csv = new CsvRows(file, null)
  const begun = performance.now()
  while (csv.next() !== null);
  csv.close()
  return (rows * 1000) / (performance.now() - begun)
}

async function copy(
  bench: Bench,
  databaseUrl: string,
  file: string,
  measured: (load: () => Promise<number>) => Promise<number>
): Promise<readonly number[] | null> {
  const load = async () => {
    const begun = performance.now()
    await query(databaseUrl, `copy public.payment from '${file.replaceAll("'", "''")}' with (format csv)`)
    return (performance.now() - begun) / 1000
  }
  try {
    return await repeat(RUNS, () => measured(load))
  } catch (error) {
    bench.say(`no COPY beside it: the database's server cannot read the file (${(error as Error).message})`)
    return null
  }
}
