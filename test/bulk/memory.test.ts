// R002-52 a manifest of hundreds of thousands of rows is stored, read, worked through and reported without being held as a whole.
import t from 'tap'
import { Readable } from 'node:stream'
import { serverPlace, startServer } from '../support/server-process.ts'
import { until } from '../support/until.ts'
import { readFile } from 'node:fs/promises'
import { creation, failEvery } from './bulk-client.ts'

const ROWS = 200_000

/** 60 MB: keys as long as real ones are. */
function* csv() {
  for (let row = 1; row <= ROWS; row += 100)
    yield Array.from({ length: 100 }, (_, index) => `bucket,${'folder/'.repeat(40)}${row + index}\n`).join('')
}

async function residentMB(pid: number): Promise<number> {
  return Number(/VmHWM:\s+(\d+) kB/.exec(await readFile(`/proc/${pid}/status`, 'utf8'))?.[1]) / 1024
}

t.test(
  'R002-52 memory does not grow with the manifest',
  { skip: process.platform !== 'linux', timeout: 180_000 },
  async t => {
    const server = await startServer(t, await serverPlace(t), { BATCH_THREADS: '2' })
    const send = async (url: string, body: string | ReadableStream, type: string) => {
      const answer = await fetch(`${server.url}/api/v1${url}`, {
        method: 'POST',
        body,
        headers: { 'content-type': type },
        duplex: 'half'
      } as RequestInit)
      return (await answer.json()) as { manifestId: string; jobId: string; size: number }
    }
    const before = await residentMB(server.pid)
    const { manifestId, size } = await send(
      '/manifests',
      Readable.from(csv()) as unknown as ReadableStream,
      'text/csv'
    )
    t.ok(size > 50_000_000, String(size))
    const body = creation(manifestId, { operation: failEvery({ n: '1000' }), report: { enabled: true } })
    const { jobId } = await send('/jobs', JSON.stringify(body), 'application/json')
    const job = await until(
      'it is Complete',
      async () => {
        const found = (await (await fetch(`${server.url}/api/v1/jobs/${jobId}`)).json()) as { status: string }
        return ['Complete', 'Failed'].includes(found.status) ? found : null
      },
      120
    )
    t.match(job, {
      status: 'Complete',
      progressSummary: { numberOfTasksSucceeded: ROWS - 200, numberOfTasksFailed: 200 }
    })
    const report = (await (await fetch(`${server.url}/api/v1/jobs/${jobId}/report`)).json()) as {
      Results: { Key: string }[]
    }
    const file = await fetch(
      `${server.url}/api/v1/jobs/${jobId}/report/${report.Results[0]!.Key.split('/').at(-1)}`
    )
    let bytes = 0
    for await (const piece of file.body!) bytes += (piece as Uint8Array).length
    t.ok(bytes > 50_000_000, String(bytes))
    const grown = (await residentMB(server.pid)) - before
    // Threads for its partitions are most of it; ten times the rows take no more.
    t.ok(grown < 450, `${Math.round(grown)} MB more than before`)
    t.comment(`${Math.round(before)} MB before, ${Math.round(grown)} MB more at most`)
  }
)
