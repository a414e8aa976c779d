// R002-52 a manifest of many rows (CHAOS=long: hundreds of thousands) is stored, read, worked through and reported without being held as a whole.
import t from 'tap'
import { Readable } from 'node:stream'
import { LONG } from '../support/chaos.ts'
import { serverPlace, startServer } from '../support/server-process.ts'
import { until } from '../support/until.ts'
import { readFile } from 'node:fs/promises'
import { creation, failEvery } from './bulk-client.ts'

/** The heap of a thread is far less than the rows of the larger manifest would need. */
const HEAP_MB = 64

/** 300 bytes a row: keys as long as real ones are. */
function* csv(rows: number) {
  for (let row = 1; row <= rows; row += 100)
    yield Array.from({ length: 100 }, (_, index) => `bucket,${'folder/'.repeat(40)}${row + index}\n`).join('')
}

/** The most it has held so far. */
async function residentMB(pid: number): Promise<number> {
  return Number(/VmHWM:\s+(\d+) kB/.exec(await readFile(`/proc/${pid}/status`, 'utf8'))?.[1]) / 1024
}

t.test(
  'R002-52 memory does not grow with the manifest',
  { skip: process.platform !== 'linux', timeout: 180_000 },
  async t => {
    const server = await startServer(t, await serverPlace(t), {
      BATCH_THREADS: '2',
      BATCH_THREAD_HEAP_MB: String(HEAP_MB),
      // Of the server itself: idle it needs half of it, and all rows at once would not fit.
      NODE_OPTIONS: '--max-old-space-size=128'
    })
    const send = async (url: string, body: string | ReadableStream, type: string) => {
      const answer = await fetch(`${server.url}/api/v1${url}`, {
        method: 'POST',
        body,
        headers: { 'content-type': type },
        duplex: 'half'
      } as RequestInit)
      return (await answer.json()) as { manifestId: string; jobId: string; size: number }
    }

    const heldAfter = async (rows: number): Promise<number> => {
      const manifest = Readable.from(csv(rows)) as unknown as ReadableStream
      const { manifestId, size } = await send('/manifests', manifest, 'text/csv')
      t.ok(size > rows * 250, String(size))
      const body = {
        ...creation(manifestId, { operation: failEvery({ n: '1000' }), report: { enabled: true } }),
        clientRequestToken: `rows-${rows}`
      }
      const { jobId } = await send('/jobs', JSON.stringify(body), 'application/json')
      const job = await until(
        'it is Complete',
        async () => {
          const found = (await (await fetch(`${server.url}/api/v1/jobs/${jobId}`)).json()) as {
            status: string
          }
          return ['Complete', 'Failed'].includes(found.status) ? found : null
        },
        120
      )
      t.match(job, {
        status: 'Complete',
        progressSummary: { numberOfTasksSucceeded: rows - rows / 1000, numberOfTasksFailed: rows / 1000 }
      })
      const report = (await (await fetch(`${server.url}/api/v1/jobs/${jobId}/report`)).json()) as {
        Results: { Key: string }[]
      }
      const name = report.Results[0]!.Key.split('/').at(-1)
      const file = await fetch(`${server.url}/api/v1/jobs/${jobId}/report/${name}`)
      let bytes = 0
      for await (const piece of file.body!) bytes += (piece as Uint8Array).length
      t.ok(bytes > rows * 250, String(bytes))
      return await residentMB(server.pid)
    }

    // The first brings the threads and what they load.
    const few = LONG ? 20_000 : 8000
    const small = await heldAfter(few)
    const large = await heldAfter(10 * few)
    t.comment(`${Math.round(small)} MB after ${few} rows, ${Math.round(large)} MB after ten times as many`)
    // Buffers on their way, and what the collector has not come to.
    t.ok(large - small < (LONG ? 250 : 150), `${Math.round(large - small)} MB more for ten times the rows`)
  }
)
