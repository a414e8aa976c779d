// E5 a first step that starts with its unit, and a last one that ends with it: one commit, and the same verdicts as apart.
import t from 'tap'
import { rows } from '../../src/store/database.ts'
import { endUnits, type UnitEnd } from '../../src/store/ends.ts'
import { startUnits } from '../../src/store/starts.ts'
import { stopExecution } from '../../src/store/stops.ts'
import { createDatabase } from '../support/database.ts'
import type { ClaimedUnit } from '../../src/store/units.ts'
import { claim, claimOf, endOf, server, submitted } from './repository.ts'

const { db } = await createDatabase(t)
const mine = await server(db)

async function claimed(): Promise<ClaimedUnit> {
  const { unitId } = await submitted(db, { firstStep: 's' })
  return (await claim(db, mine)).find(unit => unit.unitId === unitId)!
}

async function started(unit: ClaimedUnit): Promise<number | null | undefined> {
  const its = await startUnits(db, { serverId: 'here', restUrl: 'http://here' }, [
    { ...claimOf(unit), logPath: 'log/', firstStep: unit.firstStep ?? null }
  ])
  return its.get(unit.unitId)
}

function endWithStep(unit: ClaimedUnit, stepExecutionId: number): UnitEnd {
  return {
    ...endOf(unit),
    step: {
      stepExecutionId,
      batchStatus: 'COMPLETED',
      exitStatus: 'done',
      jobExitStatus: null,
      persistentUserData: { kept: 1 },
      message: null,
      metrics: null
    },
    logParts: { serverId: 'here', paths: ['log/part.1.log'] }
  }
}

const stepsOf = ({ executionId }: ClaimedUnit) =>
  rows(
    db,
    'select step_execution_id as id, step_name as name, batch_status as batch, exit_status as exit from step_execution where execution_id = :executionId',
    { executionId }
  )

const partsOf = ({ executionId }: ClaimedUnit) =>
  rows(db, 'select path, server_id as server from job_log_part where execution_id = :executionId', {
    executionId
  })

t.test('E5 a start starts the first step too, once however often it is repeated', async t => {
  const unit = await claimed()
  t.equal(unit.firstStep, 's')
  const id = await started(unit)
  t.type(id, 'number')
  t.equal(await started(unit), id)
  t.match(await stepsOf(unit), [{ id, name: 's', batch: 'STARTED', exit: null }])
})

t.test('E2 a start of an old epoch starts no step', async t => {
  const unit = await claimed()
  t.equal(await started({ ...unit, epoch: unit.epoch - 1 }), undefined)
  t.same(await stepsOf(unit), [])
})

t.test('E5 an end ends the last step too, and indexes the parts of the log', async t => {
  const unit = await claimed()
  const id = (await started(unit))!
  const [ended] = await endUnits(db, [endWithStep(unit, id)])
  t.match(ended, { batchStatus: 'COMPLETED' })
  t.match(await stepsOf(unit), [{ id, batch: 'COMPLETED', exit: 'done' }])
  t.match(await partsOf(unit), [{ path: 'log/part.1.log', server: 'here' }])
  const told = await rows<{ kind: string }>(
    db,
    `select kind from event where instance_id = :instanceId and kind like 'jobs/execution/%' order by event_id`,
    { instanceId: unit.instanceId }
  )
  t.same(
    told.map(({ kind }) => kind.slice('jobs/execution/'.length)),
    ['starting', 'started', 'step/started', 'step/completed', 'completed']
  )
})

t.test('E11 a stop before the end they share makes both STOPPED', async t => {
  const unit = await claimed()
  const id = (await started(unit))!
  await stopExecution(db, { executionId: unit.executionId, by: 'tester', reason: 'x' })
  t.match(await endUnits(db, [endWithStep(unit, id)]), [{ batchStatus: 'STOPPED' }])
  t.match(await stepsOf(unit), [{ id, batch: 'STOPPED', exit: 'done' }])
})

t.test('E2 an end of an old epoch ends no step and indexes nothing', async t => {
  const unit = await claimed()
  const id = (await started(unit))!
  t.same(await endUnits(db, [{ ...endWithStep(unit, id), epoch: unit.epoch - 1 }]), [])
  t.match(await stepsOf(unit), [{ id, batch: 'STARTED' }])
  t.same(await partsOf(unit), [])
})
