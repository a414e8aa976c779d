// The guarded commit of chunks: how much it asks of PostgreSQL, what it says of a stop, and what survives a lost connection.
import t, { type Test } from 'tap'
import pg from 'pg'
import { noMetrics } from '../../src/batch/metrics.ts'
import {
  type CheckpointValues,
  ClaimLost,
  RepositoryChunkTransactions
} from '../../src/store/chunk-transactions.ts'
import { rows } from '../../src/store/database.ts'
import { fromBytes } from '../../src/store/structured.ts'
import { createDatabase } from '../support/database.ts'
import { claimOf, running, server, startStep } from './repository.ts'

const { db, url } = await createDatabase(t)
const mine = await server(db)
const session = { url, applicationName: 'batchyard chunks', statementTimeoutSeconds: 10 }
await rows(db, 'create table public.written (unit bigint, chunk integer)')

function checkpoint(chunkNumber: number): CheckpointValues {
  const metrics = { ...noMetrics(), WRITE_COUNT: chunkNumber * 10, COMMIT_COUNT: chunkNumber }
  return {
    readerCheckpoint: { at: chunkNumber },
    writerCheckpoint: null,
    persistentUserData: 7n,
    chunkNumber,
    metrics
  }
}

async function begun(t: Test) {
  const unit = await running(db, mine)
  const { stepExecutionId } = await startStep(db, unit)
  const chunks = new RepositoryChunkTransactions({
    session,
    claim: claimOf(unit),
    seq: unit.seq,
    target: { stepExecutionId, partitionNumber: null }
  })
  t.teardown(() => chunks.release())
  const kept = async () => {
    const [row] = await rows<{ reader_checkpoint: Buffer; chunk_number: number; write_count: number }>(
      db,
      'select reader_checkpoint, chunk_number, write_count from step_execution where step_execution_id = :stepExecutionId',
      { stepExecutionId }
    )
    return { ...row!, reader_checkpoint: fromBytes(row!.reader_checkpoint) }
  }
  const written = () =>
    rows<{ chunk: number }>(db, 'select chunk from public.written where unit = :unit order by 1', {
      unit: unit.unitId
    })
  const write = (chunk: number) =>
    chunks.connection.query('insert into public.written values ($1, $2)', [unit.unitId, chunk])
  return { unit, chunks, kept, written, write }
}

/** Queries that `work` sends over any session of this process. */
async function sentBy(t: Test, work: () => Promise<unknown>): Promise<number> {
  const calls = t.capture(pg.Client.prototype, 'query', pg.Client.prototype.query)
  await work()
  return calls().length
}

t.test('E9 a chunk whose writer did not use the connection is one round trip', async t => {
  const { chunks, kept } = await begun(t)
  await chunks.begin(180)
  await chunks.commit(checkpoint(1))
  const sent = await sentBy(t, async () => {
    await chunks.begin(180)
    await chunks.savepoint()
    await chunks.releaseSavepoint()
    await chunks.commit(checkpoint(2))
  })
  t.equal(sent, 1)
  t.match(await kept(), { reader_checkpoint: { at: 2 }, chunk_number: 2, write_count: 20 })
})

t.test('E9 what the writer wrote, checkpoint and counters stand together or not at all', async t => {
  const { chunks, kept, written, write } = await begun(t)
  await chunks.begin(180)
  await write(1)
  await chunks.commit(checkpoint(1))
  await chunks.begin(180)
  await write(2)
  await chunks.rollback()
  t.same(await written(), [{ chunk: 1 }])
  t.match(await kept(), { chunk_number: 1, write_count: 10 })
})

t.test('E9 a call that is skipped takes back only what it wrote itself', async t => {
  const { chunks, written, write } = await begun(t)
  await chunks.begin(180)
  await write(1)
  await chunks.savepoint()
  await write(2)
  await t.rejects(chunks.connection.query('select 1/0'), { code: '22012' })
  await chunks.rollbackToSavepoint()
  await chunks.savepoint()
  await write(3)
  await chunks.releaseSavepoint()
  await chunks.commit(checkpoint(1))
  t.same(await written(), [{ chunk: 1 }, { chunk: 3 }])
})

t.test('E9 an error that the writer swallowed does not commit the chunk', async t => {
  const { chunks, kept, written, write } = await begun(t)
  await chunks.begin(180)
  await write(1)
  await chunks.connection.query('select nothing').catch(() => {})
  await t.rejects(chunks.commit(checkpoint(1)), { code: '25P02' })
  t.same(await written(), [])
  t.match(await kept(), { chunk_number: 0 })
  await chunks.begin(180)
  await write(1)
  t.equal(await chunks.commit(checkpoint(1)), 'committed', 'the next one begins afresh')
})

t.test('E9 a chunk under a stop stands, and the step is told', async t => {
  const { unit, chunks, written, write } = await begun(t)
  await chunks.begin(180)
  await write(1)
  await rows(db, `update unit set status = 'STOPPING' where unit_id = :unitId`, claimOf(unit))
  t.equal(await chunks.commit(checkpoint(1)), 'stopping')
  t.same(await written(), [{ chunk: 1 }])
})

t.test('E9 a connection lost during a chunk loses the chunk and nothing else', async t => {
  const { chunks, kept, written, write } = await begun(t)
  await chunks.begin(180)
  await write(1)
  await chunks.commit(checkpoint(1))
  await chunks.begin(180)
  await write(2)
  await rows(
    db,
    `select pg_terminate_backend(pid, 5000) from pg_stat_activity where application_name = 'batchyard chunks'`
  )
  await t.rejects(chunks.commit(checkpoint(2)))
  t.same(await written(), [{ chunk: 1 }])
  t.match(await kept(), { chunk_number: 1 })
  await chunks.begin(180)
  await write(2)
  t.equal(await chunks.commit(checkpoint(2)), 'committed', 'done again on a new connection')
  t.same(await written(), [{ chunk: 1 }, { chunk: 2 }])
})

t.test('E9 a commit whose answer was lost is found committed, and not done twice', async t => {
  const { chunks, kept, written, write } = await begun(t)
  await chunks.begin(180)
  await write(1)
  const real = pg.Client.prototype.query as (...args: unknown[]) => Promise<unknown>
  const lost = t.intercept(pg.Client.prototype, 'query', {
    async value(this: pg.Client & { connection: { stream: { destroy(): void } } }, ...args: unknown[]) {
      const answer = await real.apply(this, args)
      if (args[0] !== 'commit') return answer
      this.connection.stream.destroy()
      throw Object.assign(new Error('Connection terminated unexpectedly'), { code: 'ECONNRESET' })
    }
  })
  t.equal(await chunks.commit(checkpoint(1)), 'committed')
  lost.restore()
  t.same(await written(), [{ chunk: 1 }])
  t.match(await kept(), { chunk_number: 1 })
  await chunks.begin(180)
  t.equal(await chunks.commit(checkpoint(2)), 'committed', 'and the sequence number went on')
})

t.test('E9 a chunk longer than its transaction time-out is ended by PostgreSQL', async t => {
  const { chunks } = await begun(t)
  await chunks.begin(0.2)
  await t.rejects(chunks.connection.query('select pg_sleep(30)'), { code: '57014' })
  await chunks.rollback()
})

t.test('E9 the connection is offered inside a chunk only', async t => {
  const { chunks } = await begun(t)
  await t.rejects(chunks.connection.query('select 1'), /inside a chunk only/)
})

t.test('E9 a unit whose row is gone is fenced', async t => {
  const { unit, chunks, write, written } = await begun(t)
  await chunks.begin(180)
  await write(1)
  await rows(db, 'delete from unit where unit_id = :unitId', claimOf(unit))
  await t.rejects(chunks.commit(checkpoint(1)), ClaimLost)
  t.same(await written(), [])
})
