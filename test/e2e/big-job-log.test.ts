// A job log of hundreds of megabytes is sent as text, as zip, and while it is written, without the server holding it.
import { readdir, readFile, readlink } from 'node:fs/promises'
import path from 'node:path'
import t from 'tap'
import { batchClient } from '../support/batch-client.ts'
import { serverPlace, startServer } from '../support/server-process.ts'
import { until } from '../support/until.ts'

const MIB = 1024 * 1024
const PARTITIONS = 3
const EACH_MIB = 100
const MOST_GROWTH_MIB = 100

t.setTimeout(300_000)

const server = await startServer(t, await serverPlace(t), {
  BATCH_JOBLOG_EXECUTION_MB: '1024',
  BATCH_APPS_DIR: path.join(import.meta.dirname, '../support/applications')
})
const client = batchClient(server)

async function talk(mebibytes: number, millis: number, partitions: number): Promise<number> {
  const properties = Object.entries({ mebibytes, millis })
    .map(([name, value]) => `<property name="${name}" value="${value}"/>`)
    .join('')
  const partition =
    partitions === 0 ? '' : `<partition><plan partitions="${partitions}" threads="1"/></partition>`
  const answer = await client.call('POST', '/jobinstances', {
    applicationName: 'talkative',
    jobXML: `<job id="talk"><step id="talks"><batchlet ref="talk"><properties>${properties}</properties></batchlet>${partition}</step></job>`
  })
  if (answer.status !== 201) throw new Error(answer.text)
  return answer.json.instanceId as number
}

async function memoryMiB(): Promise<number> {
  const status = await readFile(`/proc/${server.pid}/status`, 'utf8')
  return Number(/VmRSS:\s+(\d+) kB/.exec(status)![1]) / 1024
}

/** Its size, its last text, and the most memory the server had meanwhile beyond what it had before. */
async function download(url: string): Promise<{ bytes: number; tail: string; grown: number }> {
  const before = await memoryMiB()
  let most = before
  let [bytes, tail, next] = [0, '', 0]
  const answer = await fetch(`${server.url}/ibm/api/batch${url}`)
  if (answer.status !== 200) throw new Error(await answer.text())
  for await (const chunk of answer.body!) {
    bytes += chunk.length
    tail = (tail + Buffer.from(chunk).toString('latin1')).slice(-200)
    if (bytes < next) continue
    next = bytes + 8 * MIB
    most = Math.max(most, await memoryMiB())
  }
  return { bytes, tail, grown: Math.max(most, await memoryMiB()) - before }
}

t.test('300 MiB of log are sent whole, as text and as zip, in constant memory', async t => {
  const instanceId = await talk(EACH_MIB, 0, PARTITIONS)
  const { executionId, batchStatus } = await client.ended(instanceId)
  t.equal(batchStatus, 'COMPLETED')
  for (const url of [`/jobexecutions/${executionId}/joblogs`, `/jobinstances/${instanceId}/joblogs`]) {
    const text = await download(`${url}?type=text`)
    t.ok(text.bytes >= PARTITIONS * EACH_MIB * MIB, `${(text.bytes / MIB).toFixed()} MiB of text`)
    t.match(text.tail, /\nxxxxx End file: \S*step\.talks\/partition\.2\/part\.\d+\.log x{18}\n$/)
    t.ok(text.grown < MOST_GROWTH_MIB, `${text.grown.toFixed()} MiB more of memory for text`)
  }
  const zip = await download(`/jobexecutions/${executionId}/joblogs?type=zip`)
  t.match(zip.tail, 'PK\u0005\u0006', 'to its last record')
  t.ok(zip.grown < MOST_GROWTH_MIB, `${zip.grown.toFixed()} MiB more of memory for the zip`)
})

/** Parts of job logs that the server has open. */
async function openParts(): Promise<number> {
  const folder = `/proc/${server.pid}/fd`
  const files = (await readdir(folder)).map(fd => readlink(path.join(folder, fd)).catch(() => ''))
  return (await Promise.all(files)).filter(file => /\/part\.\d+\.log$/.test(file)).length
}

t.test('clients that do not read hold no memory, and those that went away no file', async t => {
  const [{ instanceId }] = await client.get('/jobinstances')
  const url = `${server.url}/ibm/api/batch/jobinstances/${instanceId}/joblogs?type=`
  const before = await memoryMiB()
  const gone = new AbortController()
  const held = await Promise.all(
    Array.from({ length: 20 }, (_, at) => fetch(url + (at % 2 ? 'text' : 'zip'), { signal: gone.signal }))
  )
  t.ok(held.every(({ status }) => status === 200))
  await until('each of them has a part open', async () => (await openParts()) >= held.length)
  const grown = (await memoryMiB()) - before
  t.ok(grown < MOST_GROWTH_MIB, `${grown.toFixed()} MiB more of memory for twenty that do not read`)
  gone.abort()
  await until('all are closed', async () => (await openParts()) === 0)
  t.equal((await client.call('DELETE', `/jobinstances/${instanceId}`)).status, 200)
})

t.test(
  'the log of a job that writes is sent up to where it is, again and again, and the job goes on',
  async t => {
    const instanceId = await talk(300, 1, 0)
    const { executionId } = await client.when(instanceId, 'STARTED')
    let last = 0
    for (let times = 0; last < MIB || times < 5; times++) {
      const { bytes, tail } = await download(`/jobexecutions/${executionId}/joblogs?type=text`)
      if (bytes > 0) t.match(tail, /\nxxxxx End file: \S+ x{18}\n$/)
      t.ok(bytes >= last, `${bytes} bytes`)
      last = bytes
    }
    t.match(await client.get(`/jobexecutions/${executionId}`), { batchStatus: 'STARTED' })
    await client.call('PUT', `/jobinstances/${instanceId}?action=stop`)
    t.match(await client.ended(instanceId), { batchStatus: 'STOPPED' })
    t.equal((await server.stop()).code, 0)
  }
)
