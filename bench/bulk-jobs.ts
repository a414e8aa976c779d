// A bulk job over a manifest of a million rows whose operation does nothing: how fast a manifest becomes tasks, and tasks outcomes.
import { Readable } from 'node:stream'
import { setTimeout as delay } from 'node:timers/promises'
import { type Bench, type Benchmark, type Measurement, repeat } from './harness/benchmark.ts'
import { peakMbWhile, residentMb } from './harness/process-memory.ts'
import { startBenchServer } from './harness/server-process.ts'

const RUNS = 3
const ROWS = 200_000
const FULL_ROWS = 1_000_000

export const bulkJobs: Benchmark = {
  name: 'bulk-jobs',
  about:
    'A bulk job over a manifest: rows to tasks, then an operation that does nothing, each outcome in its chunk’s commit.',
  minutes: 15,
  run
}

interface Summary {
  readonly status: string
  readonly progressSummary: { readonly elapsedMs: number; readonly numberOfTasksSucceeded: number }
}

async function run(bench: Bench): Promise<readonly Measurement[]> {
  const { url, pid } = await startBenchServer(bench, await bench.postgres.database())
  const rows = bench.full ? FULL_ROWS : bench.quick ? ROWS / 10 : ROWS
  const api = `${url}/api/v1`
  const before = await residentMb(pid)
  const round = async (at: number) => {
    bench.signal.throwIfAborted()
    const sent = await fetch(`${api}/manifests`, {
      method: 'POST',
      headers: { 'content-type': 'text/csv' },
      body: Readable.toWeb(Readable.from(manifest(rows))) as ReadableStream,
      duplex: 'half'
    } as RequestInit)
    const { manifestId } = (await sent.json()) as { manifestId: string }
    const begun = performance.now()
    const created = await fetch(`${api}/jobs`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({
        clientRequestToken: `run ${at}`,
        confirmationRequired: true,
        priority: 1,
        manifest: { location: { manifestId }, spec: { format: 'CSV', fields: ['Bucket', 'Key'] } },
        operation: { artifact: { application: 'Bench', ref: 'noOperation' } }
      })
    })
    const { jobId } = (await created.json()) as { jobId: string }
    await when(bench, `${api}/jobs/${jobId}`, 'Suspended')
    const preparing = (performance.now() - begun) / 1000
    await fetch(`${api}/jobs/${jobId}/status?requestedJobStatus=Ready`, { method: 'POST' })
    const { progressSummary } = await when(bench, `${api}/jobs/${jobId}`, 'Complete')
    if (progressSummary.numberOfTasksSucceeded !== rows) throw new Error(`not ${rows} tasks succeeded`)
    return { prepared: rows / preparing, done: rows / (progressSummary.elapsedMs / 1000) }
  }
  let most = Number.NaN
  const rounds = await repeat(RUNS, async at => {
    const { peakMb, result } = await peakMbWhile(pid, () => round(at))
    if (peakMb !== null) most = Number.isNaN(most) ? peakMb : Math.max(most, peakMb)
    return result
  })
  return [
    { what: `manifest of ${rows} rows`, unit: 'rows/s', values: rounds.map(({ prepared }) => prepared) },
    {
      what: 'tasks',
      unit: 'tasks/s',
      values: rounds.map(({ done }) => done),
      ...(before === null
        ? {}
        : { aside: `server ${before.toFixed(0)} MB before, ${most.toFixed(0)} MB at most` })
    }
  ]
}

function* manifest(rows: number): Generator<string, void> {
  for (let row = 1; row <= rows; row += 500)
    yield Array.from({ length: 500 }, (_, index) => `bucket,folder/object-${row + index}\n`).join('')
}

async function when(bench: Bench, url: string, status: string): Promise<Summary> {
  for (;;) {
    bench.signal.throwIfAborted()
    const job = (await (await fetch(url)).json()) as Summary
    if (job.status === status) return job
    if (job.status === 'Failed') throw new Error(`the bulk job failed: ${JSON.stringify(job)}`)
    await delay(50)
  }
}
