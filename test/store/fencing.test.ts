// Epochs on real PostgreSQL: whoever lost a unit changes nothing any more, whatever it comes with.
import t from 'tap'
import { noMetrics } from '../../src/batch/metrics.ts'
import { insertChildUnits } from '../../src/store/children.ts'
import { ClaimLost, RepositoryChunkTransactions } from '../../src/store/chunk-transactions.ts'
import { rows } from '../../src/store/database.ts'
import { endUnits, findEnd } from '../../src/store/ends.ts'
import { endSteps } from '../../src/store/step-ends.ts'
import { startSteps } from '../../src/store/step-starts.ts'
import { endUnitFromOutside } from '../../src/store/subtrees.ts'
import { releaseUnits } from '../../src/store/units.ts'
import { createDatabase } from '../support/database.ts'
import {
  claim,
  claimOf,
  endOf,
  partitioned,
  running,
  server,
  start,
  startStep,
  stateOf,
  statusesOf,
  submitted
} from './repository.ts'

const { db, url } = await createDatabase(t)
const mine = await server(db)
const session = { url, applicationName: 'batchyard test', statementTimeoutSeconds: 10 }

const bump = (unitId: number) =>
  rows(db, 'update unit set epoch = epoch + 1 where unit_id = :unitId', { unitId })

t.test('E2 a start of an old epoch starts nothing', async t => {
  const { executionId } = await submitted(db)
  const [old] = await claim(db, mine)
  await releaseUnits(db, [claimOf(old!)])
  const [current] = await claim(db, mine)
  t.same([...(await start(db, [old!]))], [])
  t.match(await stateOf(db, executionId), { batch: 'STARTING', state: 'SUBMITTED' })
  t.same([...(await start(db, [current!]))], [old!.unitId])
  t.match(await stateOf(db, executionId), { batch: 'STARTED', state: 'DISPATCHED' })
})

t.test('E2 a start that was repeated after a commit in doubt has started', async t => {
  await submitted(db)
  const [unit] = await claim(db, mine)
  await start(db, [unit!])
  t.same([...(await start(db, [unit!]))], [unit!.unitId])
})

t.test('E2 an end of an old epoch ends nothing', async t => {
  const unit = await running(db, mine)
  await bump(unit.unitId)
  t.same(await endUnits(db, [endOf(unit)]), [])
  t.match(await stateOf(db, unit.executionId), { batch: 'STARTED' })
  t.equal(await endUnitFromOutside(db, unit, { batchStatus: 'FAILED', reason: 'x', flowOutcome: null }), null)
  t.same(await statusesOf(db, unit.executionId), ['STARTED'])
})

t.test(
  'E5 an end that was repeated after a commit in doubt finds its own outcome, and no other epoch’s',
  async t => {
    const unit = await running(db, mine)
    const [ended] = await endUnits(db, [endOf(unit)])
    t.match(ended, { unitId: unit.unitId, batchStatus: 'COMPLETED', exitStatus: 'COMPLETED' })
    t.same(await endUnits(db, [endOf(unit)]), [])
    t.match(await findEnd(db, unit), ended!)
    t.equal(await findEnd(db, { ...unit, epoch: unit.epoch + 1 }), null)
  }
)

t.test('E2 of two ends in one batch the fenced one does not hinder the other', async t => {
  const [gone, here] = [await running(db, mine), await running(db, mine)]
  await bump(gone.unitId)
  const ended = await endUnits(db, [endOf(gone), endOf(here, 'FAILED')])
  t.match(ended, [{ unitId: here.unitId, batchStatus: 'FAILED' }])
  t.match(await stateOf(db, here.executionId), { batch: 'FAILED', state: 'FAILED' })
})

t.test('E2 a step of an old epoch is neither started nor ended', async t => {
  const unit = await running(db, mine)
  const { stepExecutionId } = await startStep(db, unit)
  await bump(unit.unitId)
  t.same(await startSteps(db, [{ ...claimOf(unit), stepName: 'step2', mode: 'continue' }]), [null])
  const end = { batchStatus: 'COMPLETED', exitStatus: 'x', persistentUserData: null } as const
  t.same(await endSteps(db, [{ ...claimOf(unit), ...end, stepExecutionId, message: null, metrics: null }]), [
    null
  ])
  const found = await rows(db, 'select step_name, batch_status from step_execution where unit_id = :unitId', {
    unitId: unit.unitId
  })
  t.same(found, [{ step_name: 'step1', batch_status: 'STARTED' }])
})

t.test('E8 children of an old epoch, or of a unit that is gone, are not inserted', async t => {
  const unit = await running(db, mine)
  const children = await partitioned(db, unit, 2)
  await bump(unit.unitId)
  t.equal(await insertChildUnits(db, claimOf(unit), mine, children), 'fenced')
  await rows(db, 'delete from unit where unit_id = :unitId', { unitId: unit.unitId })
  t.equal(await insertChildUnits(db, claimOf(unit), mine, children), 'fenced')
  t.same(await statusesOf(db, unit.executionId), [])
})

t.test('E9 a chunk of an old epoch is rolled back with all its writer wrote', async t => {
  const unit = await running(db, mine)
  const { stepExecutionId } = await startStep(db, unit)
  await rows(db, 'create table if not exists public.written (chunk integer)')
  const chunks = new RepositoryChunkTransactions({
    session,
    claim: claimOf(unit),
    seq: unit.seq,
    target: { stepExecutionId, partitionNumber: null }
  })
  const checkpoint = (chunkNumber: number) => ({
    readerCheckpoint: chunkNumber,
    writerCheckpoint: null,
    persistentUserData: null,
    chunkNumber,
    metrics: noMetrics()
  })
  await chunks.begin(60)
  await chunks.connection.query('insert into public.written values (1)')
  t.equal(await chunks.commit(checkpoint(1)), 'committed')
  await bump(unit.unitId)
  await chunks.begin(60)
  await chunks.connection.query('insert into public.written values (2)')
  await t.rejects(chunks.commit(checkpoint(2)), ClaimLost)
  await chunks.begin(60)
  await t.rejects(chunks.commit(checkpoint(2)), ClaimLost, 'without a writer that wrote too')
  await chunks.release()
  t.same(await rows(db, 'select chunk from public.written'), [{ chunk: 1 }])
  const [step] = await rows<{ chunk_number: number }>(
    db,
    'select chunk_number from step_execution where step_execution_id = :stepExecutionId',
    { stepExecutionId }
  )
  t.equal(step!.chunk_number, 1)
})
