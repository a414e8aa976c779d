// Job logs: lines a second written by a job, and a big log sent as text and as zip, beside what the system's own programs do.
import { closeSync, openSync, writeSync } from 'node:fs'
import { readdir } from 'node:fs/promises'
import path from 'node:path'
import { exitStatusOf, followToCompleted, submit } from './harness/bench-job.ts'
import { type Bench, type Benchmark, type Measurement, repeat } from './harness/benchmark.ts'
import { type Drained, drainHttp, drainProgram } from './harness/drain.ts'
import { openHttpConnection } from './harness/http-connection.ts'
import { peakMbWhile, residentMb } from './harness/process-memory.ts'
import { type BenchServer, startBenchServer } from './harness/server-process.ts'

const RUNS = 3

export const jobLogs: Benchmark = {
  name: 'job-logs',
  about:
    'A batchlet writes lines through its logger, beside a bare loop of one write each; then its log, of parts of 1,000 records, is sent over HTTP as text beside `cat` of the same parts and as zip beside `zip -1`, taken by the same reader. The memory is what the server grew by at most meanwhile.',
  minutes: 6,
  run
}

async function run(bench: Bench): Promise<readonly Measurement[]> {
  const server = await startBenchServer(bench, await bench.postgres.database())
  const http = await openHttpConnection(server.url)
  bench.atEnd(async () => http.close())
  const lines = bench.quick ? 100_000 : 1_000_000
  const written = await repeat(RUNS, async at => {
    bench.signal.throwIfAborted()
    const bare = bareLines(path.join(bench.directory, `bare-${at}.log`), lines)
    const instanceId = await submit(http, 'log-lines', { lines: String(lines) })
    await followToCompleted(http, instanceId, 50)
    return { bare, instanceId, ours: (lines * 1e9) / Number(await exitStatusOf(http, instanceId)) }
  })
  const { instanceId } = written.at(-1)!
  const executions = await http.request('GET', `/ibm/api/batch/v4/jobinstances/${instanceId}/jobexecutions`)
  const [{ executionId }] = JSON.parse(executions.body) as [{ executionId: number }]
  return [
    {
      what: 'lines of 100 characters',
      unit: 'lines/s',
      values: written.map(({ ours }) => ours),
      reference: { name: 'bare writes', values: written.map(({ bare }) => bare) }
    },
    ...(await downloads(bench, server, instanceId, executionId))
  ]
}

async function downloads(
  bench: Bench,
  server: BenchServer,
  instanceId: number,
  executionId: number
): Promise<readonly Measurement[]> {
  const folder = await folderOf(server.jobLogs, instanceId)
  const parts = (await readdir(folder)).filter(name => name.endsWith('.log'))
  const log = `${server.url}/ibm/api/batch/v4/jobexecutions/${executionId}/joblogs`
  const measurements: Measurement[] = []
  for (const { form, program, args, budget } of [
    { form: 'text', program: 'cat', args: parts, budget: '≥ 0.5 ×' },
    { form: 'zip', program: 'zip', args: ['-1', '-q', '-', ...parts], budget: null }
  ] as const) {
    bench.signal.throwIfAborted()
    await drainHttp(`${log}?type=${form}`)
    const before = await residentMb(server.pid)
    const rounds = await repeat(RUNS, async () => {
      const beside = await drainProgram(program, args, folder)
      const { peakMb, result } = await peakMbWhile(server.pid, () => drainHttp(`${log}?type=${form}`))
      return { beside, ours: result, grown: peakMb === null || before === null ? null : peakMb - before }
    })
    const source = (await drainProgram('cat', parts, folder))!.bytes / 2 ** 20
    const rate = ({ seconds }: Drained) => source / seconds
    const beside = rounds.flatMap(round => (round.beside === null ? [] : [rate(round.beside)]))
    const most = Math.max(...rounds.map(({ grown }) => grown ?? Number.NaN))
    measurements.push({
      what: `${form} of ${source.toFixed(0)} MB in ${parts.length} parts`,
      unit: 'MB/s',
      values: rounds.map(({ ours }) => rate(ours)),
      ...(beside.length === 0
        ? {}
        : { reference: { name: args[0] === '-1' ? 'zip -1' : program, values: beside } }),
      ...(budget === null ? {} : { budget }),
      aside: `${(rounds[0]!.ours.bytes / 2 ** 20).toFixed(0)} MB sent; memory ${Number.isNaN(most) ? 'not known' : `+ ${most.toFixed(0)} MB`}`
    })
  }
  return measurements
}

/** Lines a second of what is the least a log can do: format the line and write it, one call each. */
function bareLines(file: string, lines: number): number {
  const out = openSync(file, 'wx')
  const begun = performance.now()
  const text = '[01/31/26, 12:00:00:000 UTC] '.padEnd(186, '.')
  for (let line = 0; line < lines; line++) writeSync(out, `${text}${line}\n`)
  const seconds = (performance.now() - begun) / 1000
  closeSync(out)
  return lines / seconds
}

async function folderOf(root: string, instanceId: number): Promise<string> {
  const [job] = await readdir(root).then(names => names.filter(name => name.startsWith('log-lines')))
  const days = path.join(root, job!)
  const [day] = (await readdir(days)).toSorted().reverse()
  const instance = path.join(days, day!, `instance.${instanceId}`)
  return path.join(instance, (await readdir(instance))[0]!)
}
