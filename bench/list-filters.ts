// The first page of every documented filter and sort over a generated history, and what the indexes for it cost a job.
import { mkdtemp, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { dayStarts } from '../src/http/liberty/day-start.ts'
import { searchOf } from '../src/http/liberty/search.ts'
import { type Database, openDatabase, rows } from '../src/store/database.ts'
import { type InstanceScope, WHOLE_REPOSITORY } from '../src/store/instance-selection.ts'
import { listJobInstances, listStatement } from '../src/store/job-instances.ts'
import { migrate } from '../src/store/migrate.ts'
import { type Bench, type Benchmark, type Measurement, repeat } from './harness/benchmark.ts'
import { generateHistory } from './harness/generate-history.ts'
import {
  COMBINATIONS,
  DEEP_PAGES,
  type Drawn,
  FILTERS,
  type HistoryQuery,
  SORTS
} from './harness/history-queries.ts'
import { runNoops } from './harness/noop-load.ts'
import { SEARCH_INDEXES } from './harness/search-indexes.ts'
import { startBenchServer } from './harness/server-process.ts'
import { quantile } from './harness/spread.ts'

/** At the 95th percentile. */
const KINDS: readonly { readonly queries: readonly HistoryQuery[]; readonly budgetMs: number }[] = [
  { queries: [...FILTERS, ...SORTS], budgetMs: 50 },
  { queries: [...COMBINATIONS, ...DEEP_PAGES], budgetMs: 1000 }
]
const NOOP_RUNS = 3

export const listFilters: Benchmark = {
  name: 'list-filters',
  about:
    'First page of each documented filter and single-key sort of GET v4/jobinstances, then combinations and deep pages, as the store answers them, each time with the values of another instance; then the same as a submitter sees it, who is shown his own jobs only. Then no-op jobs with two parameters on the same history, with the indexes that are there for lists alone and, as the reference, without them.',
  minutes: 30,
  run
}

interface Timed {
  readonly name: string
  readonly budgetMs: number
  /** Milliseconds, ascending. */
  readonly took: readonly number[]
}

async function run(bench: Bench): Promise<readonly Measurement[]> {
  const databaseUrl = await bench.postgres.database()
  await migrate(databaseUrl)
  const begun = performance.now()
  await generateHistory(databaseUrl, bench.instances)
  bench.say(`${bench.instances} instances in ${((performance.now() - begun) / 1000).toFixed(0)} s`)
  const db = openDatabase({
    url: databaseUrl,
    applicationName: 'batchyard bench',
    statementTimeoutSeconds: 10,
    connections: 1
  })
  bench.atEnd(() => db.destroy())
  const plans = await mkdtemp(path.join(tmpdir(), 'batchyard-plans-'))
  const drawn = await draw(db, bench.quick ? 5 : 40)
  await saySizes(bench, db)
  const timed = [
    ...(await timeAll(bench, db, drawn, () => WHOLE_REPOSITORY, path.join(plans, 'all.txt'))),
    ...(await timeAll(bench, db, drawn, ownOf, path.join(plans, 'own.txt'))).map(each => ({
      ...each,
      name: `own: ${each.name}`
    }))
  ]
  bench.say(`plans are in ${plans}`)
  const slow = timed.filter(({ took, budgetMs }) => quantile(took, 0.95) > budgetMs)
  bench.say(
    `${slow.length} of ${timed.length} above their budget: ${slow.map(({ name }) => name).join('; ')}`
  )
  const withIndexes = await noops(bench, databaseUrl)
  for (const index of SEARCH_INDEXES) await rows(db, `drop index ${index}`)
  const without = await noops(bench, databaseUrl)
  return [
    ...timed.map(({ name, took, budgetMs }): Measurement => {
      const p95 = quantile(took, 0.95)
      return {
        what: name,
        unit: 'ms',
        values: took,
        budget: `p95 ≤ ${budgetMs.toLocaleString('en-US')}`,
        aside: `p95 ${p95.toFixed(1)}${p95 > budgetMs ? ' (missed)' : ''}`
      }
    }),
    {
      what: 'no-op jobs, 8 submitting',
      unit: 'jobs/s',
      values: withIndexes,
      reference: { name: 'without indexes for lists', values: without }
    }
  ]
}

async function draw(db: Database, count: number): Promise<readonly Drawn[]> {
  return await rows<Drawn>(
    db,
    /* sql */ `select i.instance_id, submitter, app_name, job_name, exit_status, to_char(create_time, 'YYYY-MM-DD') as day,
      (select value from job_parameter p where p.execution_id = i.latest_execution_id and name = 'inputFile') as input_file
    from job_instance i order by random() limit :count`,
    { count }
  )
}

async function saySizes(bench: Bench, db: Database): Promise<void> {
  const sizes = await rows<{ name: string; size: string }>(
    db,
    `select indexrelid::regclass::text as name, pg_size_pretty(pg_relation_size(indexrelid)) as size from pg_index
     where indrelid in ('job_instance'::regclass, 'job_parameter'::regclass) order by 1`
  )
  bench.say(sizes.map(({ name, size }) => `${name} ${size}`).join(', '))
}

function ownOf({ submitter }: Drawn): InstanceScope {
  return {
    visibility: { submitter, operationGroups: [] },
    secrets: { words: ['password'], shownTo: submitter }
  }
}

async function timeAll(
  bench: Bench,
  db: Database,
  drawn: readonly Drawn[],
  scopeOf: (drawn: Drawn) => InstanceScope,
  plans: string
): Promise<readonly Timed[]> {
  const timed: Timed[] = []
  const explained: string[] = []
  const calendar = { days: dayStarts('UTC'), now: Date.now() }
  for (const { query, budgetMs } of KINDS.flatMap(({ queries, budgetMs }) =>
    queries.map(query => ({ query, budgetMs }))
  )) {
    bench.signal.throwIfAborted()
    const took: number[] = []
    let slowest = drawn[0]!
    for (const each of drawn) {
      const search = searchOf(query.of(each), 'v4', calendar)
      const begun = performance.now()
      await listJobInstances(db, search, scopeOf(each))
      took.push(performance.now() - begun)
      if (took.at(-1) === Math.max(...took)) slowest = each
    }
    timed.push({ name: query.name, budgetMs, took: took.toSorted((a, b) => a - b) })
    const { sql, bindings } = listStatement(searchOf(query.of(slowest), 'v4', calendar), scopeOf(slowest))
    const plan = await rows<{ 'QUERY PLAN': string }>(db, `explain (analyze, buffers) ${sql}`, bindings)
    explained.push(
      `## ${query.name}\n\n${sql}\n-- ${JSON.stringify(bindings)}\n\n${plan.map(row => row['QUERY PLAN']).join('\n')}\n`
    )
  }
  await writeFile(plans, explained.join('\n'))
  return timed
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
