// What a restart costs a job that has been restarted very often: the way to its first line must not grow with its history.
import { change, followTo, submit } from './harness/bench-job.ts'
import { type Bench, type Benchmark, type Measurement, repeat } from './harness/benchmark.ts'
import { query } from './harness/bench-postgres.ts'
import { openHttpConnection } from './harness/http-connection.ts'
import { stepsJsl } from './harness/job-texts.ts'
import { startBenchServer } from './harness/server-process.ts'
import { quantile } from './harness/spread.ts'

const RUNS = 3
const STEPS = 100

export const restartCost: Benchmark = {
  name: 'restart-cost',
  about: `A job of ${STEPS} steps whose last one always fails, restarted over HTTP: from the restart until its step begins, by the database's clock, with 10,000 step executions in its history and, as the reference, with ${STEPS}; the value of a run is its median.`,
  minutes: 4,
  run
}

async function run(bench: Bench): Promise<readonly Measurement[]> {
  const databaseUrl = await bench.postgres.database()
  const { url } = await startBenchServer(bench, databaseUrl)
  const http = await openHttpConnection(url)
  bench.atEnd(async () => http.close())
  const jsl = stepsJsl('restarted', STEPS, 'failingBatchlet')
  const [few, many] = [await submit(http, '', {}, jsl), await submit(http, '', {}, jsl)]
  for (const instance of [few, many]) await followTo(http, instance, 'FAILED', bench.signal)
  const executions = 100
  await repeatHistory(databaseUrl, many, executions - 1)
  const restarts = bench.quick ? 5 : 30
  const measure = async (instance: number) => {
    const took: number[] = []
    for (let at = 0; at < restarts; at++) {
      bench.signal.throwIfAborted()
      await change(http, instance, 'restart')
      await followTo(http, instance, 'FAILED', bench.signal)
      took.push(await newestStart(databaseUrl, instance))
    }
    return quantile(
      took.toSorted((a, b) => a - b),
      0.5
    )
  }
  await measure(few)
  const rounds = await repeat(RUNS, async () => ({ few: await measure(few), many: await measure(many) }))
  return [
    {
      what: `restart with ${STEPS * executions} step executions`,
      unit: 'ms',
      values: rounds.map(round => round.many),
      reference: { name: `with ${STEPS}`, values: rounds.map(round => round.few) }
    }
  ]
}

/** Executions as the first one, each with all its steps: allow-start-if-complete leaves such histories. */
async function repeatHistory(databaseUrl: string, instance: number, times: number): Promise<void> {
  const columns = async (table: string, drawn: readonly string[]) => {
    const found = await query<{ name: string }>(
      databaseUrl,
      `select attname as name from pg_attribute where attrelid = $1::regclass and attnum > 0 and not attisdropped`,
      [`batchyard.${table}`]
    )
    return found
      .map(({ name }) => name)
      .filter(name => !drawn.includes(name))
      .join(', ')
  }
  const ofExecution = await columns('job_execution', ['execution_id', 'execution_number'])
  const ofStep = await columns('step_execution', ['step_execution_id', 'execution_id'])
  await query(
    databaseUrl,
    /* sql */ `with made as (
      insert into batchyard.job_execution (execution_id, execution_number, ${ofExecution})
      select nextval('batchyard.job_execution_id'), g, ${ofExecution} from generate_series(1, ${times}) g,
        batchyard.job_execution where instance_id = ${instance} and execution_number = 0
      returning execution_id
    ), counted as (
      update batchyard.job_instance set executions = ${times} + 1,
        latest_execution_id = (select max(execution_id) from made) where instance_id = ${instance}
    )
    insert into batchyard.step_execution (step_execution_id, execution_id, ${ofStep})
    select nextval('batchyard.step_execution_id'), m.execution_id, ${ofStep.replaceAll(/\w+/g, 's.$&')}
    from made m, (select * from batchyard.step_execution where instance_id = ${instance} order by step_execution_id) s
    order by m.execution_id, s.step_execution_id`
  )
  await query(databaseUrl, 'vacuum analyze batchyard.step_execution')
}

/** Milliseconds from the newest execution's creation until its first step began. */
async function newestStart(databaseUrl: string, instance: number): Promise<number> {
  const [row] = await query<{ ms: number }>(
    databaseUrl,
    /* sql */ `select extract(epoch from min(s.start_time) - e.create_time)::float8 * 1000 as ms
    from batchyard.job_execution e join batchyard.step_execution s using (execution_id)
    where e.execution_id = (select max(execution_id) from batchyard.job_execution where instance_id = $1)
    group by e.create_time`,
    [instance]
  )
  return row!.ms
}
