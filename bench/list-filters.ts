// The first page of every documented filter and sort over a generated history: with the indexes there are, and with those proposed.
import { mkdtemp, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import pg from 'pg'
import { migrate } from '../src/store/migrate.ts'
import { type Bench, type Benchmark, type Measurement, repeat } from './harness/benchmark.ts'
import { generateHistory } from './harness/generate-history.ts'
import { type Drawn, FILTERS, type HistoryQuery, SINGLE_KEY_SORTS } from './harness/history-queries.ts'
import { runNoops } from './harness/noop-load.ts'
import { type IndexSet, NAME_TRIGRAMS, PRESENT, PROPOSED } from './harness/search-indexes.ts'
import { startBenchServer } from './harness/server-process.ts'
import { quantile } from './harness/spread.ts'

const BUDGET_MS = 50
const NOOP_RUNS = 3

export const listFilters: Benchmark = {
  name: 'list-filters',
  about:
    'First page of each documented filter and single-key sort of GET v4/jobinstances: the statement alone, each time with the values of another instance. The reference is the plain statement with the present indexes; measured is the statement as it would be rewritten, with the proposed indexes and the time of the instance beside each parameter: a ratio is of all three together. Then no-op jobs with two parameters on the same history, one index set after the other, the present ones last.',
  minutes: 20,
  run
}

interface Timed {
  readonly query: HistoryQuery
  /** Milliseconds, ascending. */
  readonly took: readonly number[]
}

async function run(bench: Bench): Promise<readonly Measurement[]> {
  const databaseUrl = await bench.postgres.database()
  await migrate(databaseUrl)
  const begun = performance.now()
  await generateHistory(databaseUrl, bench.instances)
  bench.say(`${bench.instances} instances generated in ${((performance.now() - begun) / 1000).toFixed(0)} s`)
  const db = new pg.Client({
    connectionString: databaseUrl,
    options: '-c statement_timeout=10000 -c timezone=UTC'
  })
  // Its end is seen by the statement that fails.
  db.on('error', () => {})
  await db.connect()
  bench.atEnd(() => db.end())
  const plans = await mkdtemp(path.join(tmpdir(), 'batchyard-plans-'))
  const drawn = await draw(db, bench.quick ? 5 : 40)
  const before = await timeAll(bench, db, drawn, PRESENT, plans)
  await change(bench, db, PROPOSED.create)
  await saySizes(bench, db)
  const after = await timeAll(bench, db, drawn, PROPOSED, plans)
  const rates = await noopsByIndexes(bench, db, databaseUrl)
  bench.say(`plans are in ${plans}`)
  return [
    ...after.map(({ query, took }, at): Measurement => {
      const p95 = quantile(took, 0.95)
      return {
        what: query.name,
        unit: 'ms',
        values: took,
        reference: { name: 'present', values: before[at]!.took },
        budget: `p95 ≤ ${BUDGET_MS}`,
        aside: `p95 ${p95.toFixed(1)}, before ${quantile(before[at]!.took, 0.95).toFixed(1)}${p95 > BUDGET_MS ? ' (missed)' : ''}`
      }
    }),
    ...rates.slice(0, -1).map(({ name, values }): Measurement => ({
      what: `no-op jobs, 8 submitting, ${name}`,
      unit: 'jobs/s',
      values,
      reference: { name: 'present', values: rates.at(-1)!.values }
    }))
  ]
}

async function draw(db: pg.Client, count: number): Promise<readonly Drawn[]> {
  const { rows } = await db.query<Drawn>(
    /* sql */ `select i.instance_id::float8 as instance_id, submitter, app_name, job_name, exit_status, create_time,
      to_char(create_time, 'YYYY-MM-DD') as day,
      (select value from batchyard.job_parameter p where p.execution_id = i.latest_execution_id and name = 'inputFile') as input_file
    from batchyard.job_instance i order by random() limit $1`,
    [count]
  )
  return rows
}

async function change(bench: Bench, db: pg.Client, statements: readonly string[]): Promise<void> {
  await db.query('set statement_timeout = 0')
  for (const statement of statements) {
    bench.signal.throwIfAborted()
    const begun = performance.now()
    await db.query(statement)
    bench.say(`${((performance.now() - begun) / 1000).toFixed(1)} s: ${statement.slice(0, 110)}`)
  }
  await db.query('set statement_timeout = 10000')
}

async function saySizes(bench: Bench, db: pg.Client): Promise<void> {
  const { rows } = await db.query<{ name: string; size: string }>(
    `select indexrelid::regclass::text as name, pg_size_pretty(pg_relation_size(indexrelid)) as size from pg_index
     where indrelid in ('batchyard.job_instance'::regclass, 'batchyard.job_parameter'::regclass) order by 1`
  )
  bench.say(rows.map(({ name, size }) => `${name} ${size}`).join(', '))
}

async function timeAll(
  bench: Bench,
  db: pg.Client,
  drawn: readonly Drawn[],
  set: IndexSet,
  plans: string
): Promise<readonly Timed[]> {
  const timed: Timed[] = []
  const explained: string[] = []
  for (const query of [...FILTERS, ...SINGLE_KEY_SORTS]) {
    bench.signal.throwIfAborted()
    const sql = set === PRESENT ? query.sql : query.rewritten
    const took: number[] = []
    for (const values of drawn.map(each => query.values(each))) {
      const begun = performance.now()
      await db.query(sql, [...values])
      took.push(performance.now() - begun)
    }
    timed.push({ query, took: took.toSorted((a, b) => a - b) })
    const values = query.values(drawn[0]!)
    const { rows } = await db.query<{ 'QUERY PLAN': string }>(`explain (analyze, buffers) ${sql}`, [
      ...values
    ])
    const plan = rows.map(row => row['QUERY PLAN']).join('\n')
    explained.push(`## ${query.name}\n\n${sql}\n-- ${JSON.stringify(values)}\n\n${plan}\n`)
  }
  await writeFile(path.join(plans, `${set.name}.txt`), explained.join('\n'))
  const slow = timed.filter(({ took }) => quantile(took, 0.95) > BUDGET_MS)
  bench.say(
    `${set.name} indexes: ${slow.length} of ${timed.length} above ${BUDGET_MS} ms: ${slow.map(({ query }) => query.name).join('; ')}`
  )
  return timed
}

/** On this history; the last of them without any of the new indexes. What the jobs add comes after all that is timed. */
async function noopsByIndexes(bench: Bench, db: pg.Client, databaseUrl: string) {
  const proposed = await noops(bench, databaseUrl)
  await change(bench, db, NAME_TRIGRAMS.create)
  const withNames = await noops(bench, databaseUrl)
  await change(bench, db, [...NAME_TRIGRAMS.drop, ...PROPOSED.drop])
  const present = await noops(bench, databaseUrl)
  return [
    { name: PROPOSED.name, values: proposed },
    { name: NAME_TRIGRAMS.name, values: withNames },
    { name: PRESENT.name, values: present }
  ]
}

async function noops(bench: Bench, databaseUrl: string): Promise<readonly number[]> {
  const server = await startBenchServer(bench, databaseUrl)
  const load = {
    url: server.url,
    databaseUrl,
    clients: 8,
    waits: false,
    signal: bench.signal,
    jobParameters: { region: 'emea', businessDate: '2026-01-31' }
  }
  const seconds = bench.quick ? 1 : 5
  const warm = await runNoops({ ...load, seconds: 3, jobs: 1000 })
  const jobs = Math.ceil(warm.perSecond * seconds * 3)
  const rates = await repeat(NOOP_RUNS, async () => (await runNoops({ ...load, seconds, jobs })).perSecond)
  await server.stop()
  return rates
}
