// A purge plan over a whole history: how long it takes to be told what it would take, and to take it, in what memory.
import { setTimeout as delay } from 'node:timers/promises'
import { migrate } from '../src/store/migrate.ts'
import type { Bench, Benchmark, Measurement } from './harness/benchmark.ts'
import { query } from './harness/bench-postgres.ts'
import { generateHistory } from './harness/generate-history.ts'
import { peakMbWhile, residentMb } from './harness/process-memory.ts'
import { startBenchServer } from './harness/server-process.ts'

export const purgePlan: Benchmark = {
  name: 'purge-plan',
  about:
    'A purge plan of all that has ended in a history, made and executed; no job logs on disk (purge-rate has them). Memory is that of the server at most.',
  minutes: 40,
  onlyByName: true,
  run
}

interface Plan {
  readonly planId: number
  readonly state: string
  readonly instances: number
  readonly purged: number
  readonly failed: number
  readonly changed: number
}

async function run(bench: Bench): Promise<readonly Measurement[]> {
  const databaseUrl = await bench.postgres.database()
  await migrate(databaseUrl)
  const size = bench.quick ? 5000 : bench.instances
  await generateHistory(databaseUrl, size)
  // As servers name them; there are no such folders.
  await query(
    databaseUrl,
    `update batchyard.job_execution set log_path = 'bench/2026-01-31/instance.' || instance_id || '/execution.' || execution_id || '/'`
  )
  const server = await startBenchServer(bench, databaseUrl)
  const ask = async (path: string, body?: object): Promise<Plan> => {
    const answer = await fetch(`${server.url}/api/v1/purge-plans${path}`, {
      method: body === undefined ? 'GET' : 'POST',
      ...(body === undefined
        ? {}
        : { headers: { 'content-type': 'application/json' }, body: JSON.stringify(body) })
    })
    if (!answer.ok) throw new Error(`a purge plan was answered ${answer.status}: ${await answer.text()}`)
    return (await answer.json()) as Plan
  }
  const before = await residentMb(server.pid)
  const planned = await timed(() =>
    peakMbWhile(server.pid, () =>
      ask('', { filter: { instanceState: 'COMPLETED,FAILED,STOPPED,ABANDONED' } })
    )
  )
  const { planId, instances } = planned.result.result
  bench.say(`${instances} planned in ${planned.seconds.toFixed(1)} s`)
  const executed = await timed(() =>
    peakMbWhile(server.pid, async () => {
      await ask(`/${planId}/execute`, {})
      for (let told = 0; ; await delay(500, null, { signal: bench.signal })) {
        const plan = await ask(`/${planId}`)
        if (plan.state === 'Done') return plan
        if (plan.purged - told < instances / 10) continue
        told = plan.purged
        bench.say(`${told} purged`)
      }
    })
  )
  const { purged, failed, changed } = executed.result.result
  if (purged !== instances)
    throw new Error(`${purged} of ${instances} purged, ${failed} failed, ${changed} changed`)
  const [left] = await query<{ count: number }>(
    databaseUrl,
    `select count(*)::int as count from batchyard.job_instance where instance_state = 'COMPLETED'`
  )
  // The run that did it.
  if (left!.count !== 1) throw new Error(`${left!.count} COMPLETED ones are left`)
  const memory = (peakMb: number | null) => (peakMb === null ? [] : [peakMb])
  return [
    { what: `planned, ${instances} instances`, unit: 's', values: [planned.seconds] },
    { what: 'executed', unit: 'instances a minute', values: [(purged * 60) / executed.seconds] },
    { what: 'executed', unit: 's', values: [executed.seconds] },
    { what: 'memory while it is planned', unit: 'MB', values: memory(planned.result.peakMb) },
    {
      what: 'memory while it is executed',
      unit: 'MB',
      values: memory(executed.result.peakMb),
      aside: `${before === null ? 'unknown' : before.toFixed(0)} before`
    }
  ]
}

async function timed<Result>(work: () => Promise<Result>): Promise<{ seconds: number; result: Result }> {
  const begun = performance.now()
  const result = await work()
  return { seconds: (performance.now() - begun) / 1000, result }
}
