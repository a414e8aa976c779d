// Jobs and servers straight in the repository, in whatever state a store test begins at: no thread and no server is needed.
import { randomUUID } from 'node:crypto'
import type { ChildUnit } from '../../src/store/children.ts'
import { insertChildUnits, startPartitions } from '../../src/store/children.ts'
import { type Database, rows } from '../../src/store/database.ts'
import type { UnitEnd } from '../../src/store/ends.ts'
import { insertIncarnation } from '../../src/store/incarnations.ts'
import { jobXMLs } from '../../src/store/job-xml.ts'
import { startUnits } from '../../src/store/starts.ts'
import { startSteps } from '../../src/store/step-starts.ts'
import {
  drawSubmissionIds,
  insertSubmissions,
  type StoredSubmission,
  type SubmissionIds
} from '../../src/store/submissions.ts'
import { type ClaimedUnit, claimUnits } from '../../src/store/units.ts'

export const APPLICATION = 'Tested'

/** A job that is SUBMITTED, its unit READY (WAITING with `delaySeconds`). */
export async function submitted(
  db: Database,
  values: Partial<StoredSubmission> = {}
): Promise<SubmissionIds> {
  const [ids] = await drawSubmissionIds(db, 1)
  const xmlId = await jobXMLs(db).idOf('<job id="tested"/>')
  const submission = {
    jobName: 'tested',
    appName: `${APPLICATION}#${APPLICATION}.war`,
    application: APPLICATION,
    jobXMLName: 'tested',
    xmlId,
    inline: false,
    submitter: 'tester',
    operationGroups: [],
    jobParameters: {},
    auditedParameters: {},
    idempotencyKey: null,
    priority: 4,
    delaySeconds: 0,
    caps: [],
    recovery: null,
    preemptible: false,
    timeLimit: null,
    ...values
  }
  await insertSubmissions(db, [{ ...submission, ...ids! }])
  return ids!
}

/** A live incarnation of a server of its own. */
export async function server(db: Database, leaseSeconds = 60): Promise<string> {
  const incarnation = randomUUID()
  const row = { incarnation, serverId: `server ${incarnation}`, address: 'nowhere', leaseSeconds }
  await insertIncarnation(db, { ...row, applications: [APPLICATION] })
  return incarnation
}

export function claim(db: Database, incarnation: string, limit = 64): Promise<ClaimedUnit[]> {
  return claimUnits(db, { incarnation, applications: [APPLICATION], limit })
}

export async function start(db: Database, units: readonly ClaimedUnit[]): Promise<Set<number>> {
  const started = await startUnits(
    db,
    { serverId: 'here', restUrl: 'http://here' },
    units.map(({ unitId, epoch }) => ({ unitId, epoch, logPath: 'log/' }))
  )
  return new Set(started.keys())
}

/** One job that is submitted, claimed and started. */
export async function running(db: Database, incarnation: string): Promise<ClaimedUnit> {
  const { unitId } = await submitted(db)
  const unit = (await claim(db, incarnation)).find(each => each.unitId === unitId)
  if (unit === undefined) throw new Error('it was not claimed')
  await start(db, [unit])
  return unit
}

export async function startStep(db: Database, unit: ClaimedUnit, stepName = 'step1') {
  const [step] = await startSteps(db, [{ ...claimOf(unit), stepName, mode: 'continue' }])
  return step!
}

/** A running step with the rows of its partitions, whose units were not made yet. */
export async function partitioned(db: Database, unit: ClaimedUnit, partitions: number) {
  const { stepExecutionId } = await startStep(db, unit)
  const numbers = Array.from({ length: partitions }, (_, partitionNumber) => partitionNumber)
  const partitionRows = numbers.map(partitionNumber => ({ partitionNumber, planProperties: {} }))
  const plan = { stepExecutionId, partitions: partitionRows, carriedOver: [], override: false }
  await startPartitions(db, claimOf(unit), plan, { incarnation: '', multiJVM: false, first: [] })
  return numbers.map((partitionNumber): ChildUnit => ({
    kind: 'partition',
    stepExecutionId,
    partitionNumber
  }))
}

/** The same with READY units. */
export async function withPartitions(
  db: Database,
  unit: ClaimedUnit,
  incarnation: string,
  partitions: number
): Promise<number> {
  const children = await partitioned(db, unit, partitions)
  await insertChildUnits(db, claimOf(unit), incarnation, children)
  return (children[0] as { stepExecutionId: number }).stepExecutionId
}

export function claimOf({ unitId, epoch }: ClaimedUnit): { unitId: number; epoch: number } {
  return { unitId, epoch }
}

export function endOf(unit: ClaimedUnit, batchStatus: UnitEnd['batchStatus'] = 'COMPLETED'): UnitEnd {
  return {
    ...claimOf(unit),
    batchStatus,
    exitStatus: null,
    restartOn: null,
    reason: null,
    flowOutcome: null,
    partition: unit.kind === 'partition' ? { persistentUserData: null, metrics: null, message: null } : null
  }
}

/** Batch status, exit status and state as they stand. */
export async function stateOf(db: Database, executionId: number) {
  const [state] = await rows<{
    batch: string
    exit: string | null
    state: string
    instance: string
    reason: string | null
  }>(
    db,
    /* sql */ `select e.batch_status as batch, e.exit_status as exit, i.instance_state as state,
      i.batch_status as instance, e.reason
    from job_execution e join job_instance i using (instance_id) where execution_id = :executionId`,
    { executionId }
  )
  return state!
}

export async function statusesOf(db: Database, executionId: number): Promise<string[]> {
  const found = await rows<{ status: string }>(
    db,
    'select status from unit where execution_id = :executionId order by unit_id',
    { executionId }
  )
  return found.map(row => row.status)
}

export async function partitionStatuses(db: Database, stepExecutionId: number): Promise<string[]> {
  const found = await rows<{ batch_status: string }>(
    db,
    'select batch_status from partition where step_execution_id = :stepExecutionId order by partition_number',
    { stepExecutionId }
  )
  return found.map(row => row.batch_status)
}
