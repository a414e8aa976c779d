// Runs as the routes show them: a line of a history, and one with all of its steps.
import { Type, type Static } from 'typebox'
import { METRICS } from '../../../batch/metrics.ts'
import type { Run } from '../../../batch/run.ts'
import type { RunDetail, RunStep, ShownRun } from '../../../schedule/runs.ts'
import { closedObject } from '../../open-api/closed-object.ts'
import { BatchStatusWord, Id, TextOrNull, Time, TimeOrNull } from '../../open-api/words.ts'

const IntegerOrNull = Type.Union([Type.Integer(), Type.Null()])

const RUN = {
  instanceId: Id,
  executionId: Id,
  definition: Type.Union([Type.String(), Type.Null()], {
    description: '`null`: it was submitted without one.'
  }),
  version: IntegerOrNull,
  schedule: TextOrNull,
  trigger: Type.Unsafe<Run['trigger']>({ type: 'string', enum: ['schedule', 'manual', 'pipeline', 'bulk'] }),
  nominalTime: TimeOrNull,
  createTime: Time,
  startTime: TimeOrNull,
  endTime: TimeOrNull,
  durationMs: IntegerOrNull,
  batchStatus: BatchStatusWord,
  exitStatus: TextOrNull,
  submitter: Type.String(),
  deadlines: Type.Union([
    closedObject(
      {
        startBy: TimeOrNull,
        startMissed: Type.Boolean(),
        endBy: TimeOrNull,
        endMissed: Type.Boolean({ description: 'Told a second after it came, and not changed any more.' })
      },
      { title: 'RunDeadlines' }
    ),
    Type.Null()
  ]),
  expected: Type.Union(
    [
      closedObject(
        { medianMs: Type.Integer(), p90Ms: Type.Integer(), runs: Type.Integer({ minimum: 1 }) },
        { title: 'ExpectedDuration' }
      ),
      Type.Null()
    ],
    { description: 'From the last COMPLETED runs of its definition; in lists of those alone that run.' }
  ),
  eta: Type.Union([Time, Type.Null()], {
    description: 'When it should end; `null` where it does not run, or has taken longer than most before it.'
  })
}

export const RunView = closedObject(RUN, { title: 'Run' })
export type RunView = Static<typeof RunView>

const StepView = closedObject(
  {
    order: Type.Integer({ minimum: 1 }),
    stepName: Type.String(),
    batchStatus: Type.Union([BatchStatusWord, Type.Null()], { description: '`null`: it has not begun.' }),
    exitStatus: TextOrNull,
    startTime: TimeOrNull,
    endTime: TimeOrNull,
    durationMs: IntegerOrNull,
    metrics: closedObject(Object.fromEntries(METRICS.map(name => [name, Type.Integer()]))),
    message: Type.Union([Type.String(), Type.Null()], { description: 'Why it failed.' })
  },
  { title: 'RunStep' }
)

const HoldOfRun = Type.Union(
  [closedObject({ reason: Type.String(), heldBy: Type.String(), since: Time }), Type.Null()],
  { description: 'What protects it from purges.' }
)

export const RunDetailView = closedObject(
  { ...RUN, hold: HoldOfRun, steps: Type.Array(StepView) },
  { title: 'RunDetail' }
)

export function runView(run: ShownRun): RunView {
  return {
    instanceId: run.instanceId,
    executionId: run.executionId,
    definition: run.definition,
    version: run.version,
    schedule: run.schedule,
    trigger: run.trigger,
    nominalTime: run.nominalTime?.toISOString() ?? null,
    createTime: run.createTime.toISOString(),
    startTime: run.startTime?.toISOString() ?? null,
    endTime: run.endTime?.toISOString() ?? null,
    durationMs: durationOf(run.startTime, run.endTime),
    batchStatus: run.batchStatus,
    exitStatus: run.exitStatus,
    submitter: run.submitter,
    deadlines:
      run.startBy === null && run.endBy === null
        ? null
        : {
            startBy: run.startBy?.toISOString() ?? null,
            startMissed: run.startMissed ?? false,
            endBy: run.endBy?.toISOString() ?? null,
            endMissed: run.endMissed ?? false
          },
    expected: run.expected,
    eta: run.eta?.toISOString() ?? null
  }
}

export function runDetailView(run: RunDetail): Static<typeof RunDetailView> {
  const { hold } = run
  return {
    ...runView(run),
    hold: hold && { reason: hold.reason, heldBy: hold.heldBy, since: hold.since.toISOString() },
    steps: run.steps.map(stepView)
  }
}

function stepView({ order, stepName, execution }: RunStep): Static<typeof StepView> {
  const startTime = execution?.startTime ?? null
  const endTime = execution?.endTime ?? null
  return {
    order,
    stepName,
    batchStatus: execution?.batchStatus ?? null,
    exitStatus: execution?.exitStatus ?? null,
    startTime: startTime?.toISOString() ?? null,
    endTime: endTime?.toISOString() ?? null,
    durationMs: durationOf(startTime, endTime),
    metrics: execution?.metrics ?? Object.fromEntries(METRICS.map(name => [name, 0])),
    message: execution?.message ?? null
  }
}

function durationOf(start: Date | null, end: Date | null): number | null {
  return start === null || end === null ? null : end.getTime() - start.getTime()
}
