// The same random worlds over real chunk transactions: PostgreSQL counts the rows and holds checkpoint and counters, its
// statements and commits fail, and its connections go. Nothing lost, nothing twice, and the numbers add up.
import fc from 'fast-check'
import t from 'tap'
import { METRICS, type Metrics, noMetrics } from '../../../src/batch/metrics.ts'
import { openChunks } from '../../../src/executor/thread/open-chunks.ts'
import type { ThreadSettings } from '../../../src/executor/thread/messages.ts'
import { Fenced, type StepState, type UnitOrder } from '../../../src/executor/unit-port.ts'
import { rows } from '../../../src/store/database.ts'
import { fromBytes } from '../../../src/store/structured.ts'
import { createDatabase } from '../../support/database.ts'
import { running, server, startStep } from '../../store/repository.ts'
import {
  artifacts,
  checkTraces,
  chunkOf,
  Faults,
  type Ground,
  kindsOf,
  type World,
  worlds
} from './chunk-world.ts'
import { all, RecordedStep } from './recorded-step.ts'

const { db, url } = await createDatabase(t)
const mine = await server(db, 3600)
await rows(db, 'create table public.trace (world integer not null, row text not null)')
await rows(db, 'create table public.promise (kept integer primary key)')
await rows(
  db,
  'create table public.broken (kept integer references public.promise deferrable initially deferred)'
)
const settings = {
  database: { url, applicationName: 'batchyard chunk model', statementTimeoutSeconds: 30 },
  application: { name: 'Tested', directory: '/nowhere' }
} as unknown as ThreadSettings

let lastWorld = 0
/** Every how many worlds a connection is ended under the step. */
const LOSING = 4
const figures = { executions: 0, commitsRefused: 0, lost: 0, fenced: 0 }

interface Execution {
  readonly step: RecordedStep
  readonly state: () => Promise<StepState>
}

async function begin(
  world: World,
  number: number,
  faults: Faults,
  state: Partial<StepState>
): Promise<Execution> {
  const unit = await running(db, mine)
  const { stepExecutionId } = await startStep(db, unit)
  const target = { kind: 'step', stepExecutionId } as const
  const { unitId, epoch, seq } = unit
  const order = { unitId, epoch } as unknown as UnitOrder
  const { transactions } = openChunks(settings, order, seq, target, () => null)
  const { connection } = transactions
  let toLose = number % LOSING === 0 ? 1 : 0
  const ground: Ground = {
    trace: async traces => {
      if (toLose > 0 && traces.some(trace => trace.startsWith('w'))) {
        toLose--
        figures.lost++
        await connection.query('select pg_terminate_backend(pg_backend_pid())')
      }
      const sql = 'insert into public.trace select $1, unnest($2::text[])'
      await connection.query(sql, [number, traces])
    },
    stop: () => step.stop.request('stop'),
    fence: () => {
      figures.fenced++
      fencing = rows(db, 'update unit set epoch = epoch + 1 where unit_id = :unitId', { unitId })
    },
    // PostgreSQL refuses with an error of its own: it may be retried, what becomes of it otherwise is another test's.
    failCommit: async ({ name }) => {
      if (!name.includes('Retry')) return
      figures.commitsRefused++
      await connection.query('insert into public.broken values (1)')
    }
  }
  let fencing: Promise<unknown> = Promise.resolve()
  const chunk = chunkOf(world)
  const step: RecordedStep = new RecordedStep({
    ...artifacts(world, faults, ground),
    chunk: { ...chunk, retryable: all(...chunk.retryable.include, 'DatabaseError') },
    state
  })
  const commit: typeof transactions.commit = async checkpoint => {
    await fencing
    return await transactions.commit(checkpoint)
  }
  const port = { chunks: async () => Object.create(transactions, { commit: { value: commit } }) as object }
  Object.assign(step.scope, { port, target })
  return { step, state: () => stored(stepExecutionId) }
}

/** What a restart finds: PostgreSQL's word, not the step's. */
async function stored(stepExecutionId: number): Promise<StepState> {
  const [row] = await rows<Record<string, Buffer | number | null>>(
    db,
    'select * from step_execution where step_execution_id = :stepExecutionId',
    { stepExecutionId }
  )
  const bytes = (name: string) => fromBytes(row![name] as Buffer | null)
  return {
    readerCheckpoint: bytes('reader_checkpoint'),
    writerCheckpoint: bytes('writer_checkpoint'),
    persistentUserData: bytes('persistent_user_data'),
    chunkNumber: row!['chunk_number'] as number,
    metrics: Object.fromEntries(METRICS.map(name => [name, Number(row![name.toLowerCase()])])) as Metrics
  }
}

const tracesOf = async (number: number) =>
  (
    await rows<{ row: string }>(db, 'select row from public.trace where world = :number order by ctid', {
      number
    })
  ).map(({ row }) => row)

async function checkCounters(state: StepState, traces: readonly string[], began: Metrics): Promise<void> {
  for (const [name, kinds] of [
    ['WRITE_COUNT', 'w'],
    ['FILTER_COUNT', 'f'],
    ['READ_COUNT', 'wfps']
  ] as const)
    if (state.metrics[name] - began[name] !== kindsOf(traces, kinds))
      throw new Error(`${name} ${state.metrics[name]} from ${began[name]}, and ${traces.join()}`)
}

/** Executions until one completes; answers all that was committed. */
async function untilCompleted(world: World): Promise<readonly string[]> {
  const number = ++lastWorld
  const faults = new Faults(world.faults)
  let state: Partial<StepState> = {}
  let began = noMetrics()
  for (let execution = 0; execution <= world.faults.length; execution++) {
    figures.executions++
    const before = (await tracesOf(number)).length
    const { step, state: now } = await begin(world, number, faults, { ...state, metrics: began })
    const end = await step.run().catch((error: unknown) => {
      if (error instanceof Fenced) return { kind: 'fenced' } as const
      throw error
    })
    const traces = await tracesOf(number)
    const found = await now()
    // A step that committed nothing has its row as it began it; what it goes on from is what it was given.
    const moved = found.chunkNumber > 0
    if (moved) await checkCounters(found, traces.slice(before), began)
    else if (traces.length > before) throw new Error('rows without a checkpoint')
    if (end.kind === 'completed') return traces
    if (moved) state = found
    began = end.kind === 'fenced' && moved ? found.metrics : end.kind === 'fenced' ? began : noMetrics()
  }
  throw new Error('it never completes')
}

t.test(
  'over PostgreSQL each item is there once, whatever fails on the way, and the counters say so',
  async t => {
    await fc.assert(
      fc.asyncProperty(worlds, async world => checkTraces(world, await untilCompleted(world))),
      { numRuns: 60, plugins: [fc.timeout(20_000)] }
    )
    t.comment(JSON.stringify(figures))
    t.ok(figures.executions > 60 && figures.lost > 0, 'some were restarted, some lost their connection')
  }
)
