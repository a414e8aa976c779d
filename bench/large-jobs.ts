// Jobs of unusual size: ten thousand partitions, a thousand steps, five megabytes of JSL; each beside a small one of its kind.
import { XMLParser } from 'fast-xml-parser'
import { followToCompleted, submit } from './harness/bench-job.ts'
import { type Bench, type Benchmark, type Measurement, repeat } from './harness/benchmark.ts'
import { query } from './harness/bench-postgres.ts'
import { type HttpConnection, openHttpConnection } from './harness/http-connection.ts'
import { longJsl, stepsJsl } from './harness/job-texts.ts'
import { peakMbWhile } from './harness/process-memory.ts'
import { startBenchServer } from './harness/server-process.ts'

const RUNS = 2
const JSL_BYTES = 5 * 2 ** 20

export const largeJobs: Benchmark = {
  name: 'large-jobs',
  about:
    'Time for each partition of a step with 10,000, beside one with 100; for each step of a job with 1,000, beside one with 10, by the database’s clock; submit → 201 of a JSL of 5 MB, beside fast-xml-parser alone in this process. The server’s memory at most beside it.',
  minutes: 6,
  run
}

interface Site {
  readonly http: HttpConnection
  readonly pid: number
  readonly databaseUrl: string
}

async function run(bench: Bench): Promise<readonly Measurement[]> {
  const databaseUrl = await bench.postgres.database()
  const { url, pid } = await startBenchServer(bench, databaseUrl)
  const http = await openHttpConnection(url)
  bench.atEnd(async () => http.close())
  const site: Site = { http, pid, databaseUrl }
  const shrunk = bench.quick ? 10 : 1
  return [
    await perElement(bench, site, 'partition', { large: 10_000 / shrunk, small: 100 }, count =>
      submit(http, 'partitions', { partitions: String(count) })
    ),
    await perElement(bench, site, 'step', { large: 1000 / shrunk, small: 10 }, count =>
      submit(http, '', {}, stepsJsl('steps', count))
    ),
    await longText(bench, site)
  ]
}

async function perElement(
  bench: Bench,
  site: Site,
  what: string,
  { large, small }: { readonly large: number; readonly small: number },
  begin: (count: number) => Promise<number>
): Promise<Measurement> {
  const each = async (count: number) => {
    bench.signal.throwIfAborted()
    const instanceId = await begin(count)
    await followToCompleted(site.http, instanceId, 50)
    return (await jobMs(site.databaseUrl, instanceId)) / count
  }
  await each(small)
  let most = 0
  const rounds = await repeat(RUNS, async () => {
    const few = await each(small)
    const { peakMb, result } = await peakMbWhile(site.pid, () => each(large))
    most = Math.max(most, peakMb ?? Number.NaN)
    return { few, many: result }
  })
  return {
    what: `a ${what} of ${large}`,
    unit: 'ms',
    values: rounds.map(({ many }) => many),
    reference: { name: `of ${small}`, values: rounds.map(({ few }) => few) },
    aside: memory(most)
  }
}

async function longText(bench: Bench, { http, pid }: Site): Promise<Measurement> {
  const parser = new XMLParser({ ignoreAttributes: false, preserveOrder: true })
  let most = 0
  const rounds = await repeat(RUNS, async at => {
    bench.signal.throwIfAborted()
    const jsl = longJsl(`long${at}`, JSL_BYTES)
    const parsing = performance.now()
    parser.parse(jsl)
    const parsed = performance.now() - parsing
    const { peakMb, result } = await peakMbWhile(pid, async () => {
      const begun = performance.now()
      const instanceId = await submit(http, '', {}, jsl)
      const answered = performance.now() - begun
      await followToCompleted(http, instanceId, 50)
      return answered
    })
    most = Math.max(most, peakMb ?? Number.NaN)
    return { parsed, answered: result }
  })
  return {
    what: 'submit of a JSL of 5 MB → 201',
    unit: 'ms',
    values: rounds.map(({ answered }) => answered),
    reference: { name: 'fast-xml-parser alone', values: rounds.map(({ parsed }) => parsed) },
    aside: memory(most)
  }
}

function memory(mb: number): string {
  return Number.isNaN(mb) ? '' : `server at most ${mb.toFixed(0)} MB`
}

async function jobMs(databaseUrl: string, instanceId: number): Promise<number> {
  const [row] = await query<{ ms: number }>(
    databaseUrl,
    `select extract(epoch from end_time - start_time)::float8 * 1000 as ms from batchyard.job_execution where instance_id = $1`,
    [instanceId]
  )
  return row!.ms
}
