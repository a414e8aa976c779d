// Compares what an execution became with what a case says of it. A word of the suite that is unknown here is an error, not a pass.
import { isDeepStrictEqual } from 'node:util'
import { ExpectationFailed, shown } from './expectation-failed.ts'
import type { ExecutionView, StepView } from './job-operator.ts'
import { type CaseState, executionNamed, resolveText } from './references.ts'
import type { Facts } from './tck-folder.ts'
import { timeOf } from './times.ts'

/** Persistent user data of the steps of an execution by step name: no call of the batch API shows it. */
export type ReadUserData = (executionId: number) => Promise<ReadonlyMap<string, unknown>>

export async function expectExecution(
  state: CaseState,
  exec: string | undefined,
  expected: Facts,
  readUserData: ReadUserData
): Promise<void> {
  const execution = await state.operator.getJobExecution(executionNamed(exec, state).executionId)
  for (const [field, value] of Object.entries(expected)) {
    const what = `${field} of ${exec}`
    if (field === 'steps') await expectSteps(state, execution, value as Facts, exec!, readUserData)
    else if (field === 'exitStatus') await expectText(state, what, value, execution.exitStatus || null)
    else if (field === 'batchStatus' || field === 'jobName')
      await expectText(state, what, value, execution[field])
    else if (field === 'jobParameters') expectEqual(what, value, execution.jobParameters)
    else throw new Error(`the runner does not know what to expect of ${field}`)
  }
}

export function expectEqual(what: string, expected: unknown, seen: unknown): void {
  if (!isDeepStrictEqual(expected, seen)) throw new ExpectationFailed(what, expected, seen)
}

/** JSR-352: create ≤ start ≤ end, lastUpdated ≥ start; for steps start ≤ end. `begun`: when the case began (ms). */
export function expectTimesInOrder(
  execution: ExecutionView,
  steps: readonly StepView[],
  begun: number
): void {
  const { executionId, createTime, startTime, endTime, lastUpdatedTime } = execution
  const what = `times of execution ${executionId}`
  inOrder(what, [begun, timeOf(createTime), timeOf(startTime), timeOf(endTime)])
  inOrder(what, [timeOf(startTime), timeOf(lastUpdatedTime)])
  for (const step of steps)
    inOrder(`times of step ${step.stepName}`, [begun, timeOf(step.startTime), timeOf(step.endTime)])
}

/** The suite grants a second, for clocks of two machines; a time that is not there yet is passed over. */
function inOrder(what: string, times: readonly (number | null)[]): void {
  const known = times.filter(time => time !== null)
  for (const [index, time] of known.entries())
    if (index > 0 && time < known[index - 1]! - 1000)
      throw new ExpectationFailed(
        what,
        'ascending times',
        known.map(one => new Date(one).toISOString())
      )
}

/** A text, null, `{ oneOf }` or `{ matches }`: a pattern for the whole. */
async function expectText(
  state: CaseState,
  what: string,
  expected: unknown,
  seen: string | null,
  step: StepView | null = null
): Promise<void> {
  if (expected === null) return expectEqual(what, null, seen)
  if (typeof expected === 'string')
    return expectEqual(what, await resolveText(expected, state, { step }), seen)
  const { oneOf, matches, ...unknown } = expected as { oneOf?: string[]; matches?: string }
  if (Object.keys(unknown).length > 0) throw new Error(`the runner does not know ${shown(expected)}`)
  if (oneOf !== undefined) {
    const texts = await Promise.all(oneOf.map(text => resolveText(text, state, { step })))
    if (seen === null || !texts.includes(seen)) throw new ExpectationFailed(what, { oneOf: texts }, seen)
  }
  if (matches !== undefined) {
    const pattern = await resolveText(matches, state, { step, escape: RegExp.escape })
    if (seen === null || !new RegExp(`^(?:${pattern})$`, 's').test(seen))
      throw new ExpectationFailed(what, { matches: pattern }, seen)
  }
}

async function expectSteps(
  state: CaseState,
  { executionId }: ExecutionView,
  expected: Facts,
  exec: string,
  readUserData: ReadUserData
): Promise<void> {
  const steps = await state.operator.getStepExecutions(executionId)
  const named = (name: unknown) => {
    const found = steps.find(step => step.stepName === name)
    if (found === undefined)
      throw new ExpectationFailed(
        `steps of ${exec}`,
        name,
        steps.map(step => step.stepName)
      )
    return found
  }
  for (const [field, value] of Object.entries(expected)) {
    switch (field) {
      case 'count':
        if (steps.length !== value)
          throw new ExpectationFailed(
            `number of steps of ${exec}`,
            value,
            steps.map(step => step.stepName)
          )
        break
      case 'list':
        for (const { name, ...fields } of value as Facts[]) await expectStep(state, named(name), fields, exec)
        break
      case 'everyBatchStatus':
      case 'everyExitStatus': {
        const of = field === 'everyBatchStatus' ? 'batchStatus' : 'exitStatus'
        for (const step of steps) await expectStep(state, step, { [of]: value }, exec)
        break
      }
      case 'metrics': {
        const { step, ...metrics } = value as Facts
        for (const [metric, count] of Object.entries(metrics))
          expectEqual(`${metric} of ${String(step)}`, count, Number(named(step).metrics[metric]))
        break
      }
      case 'persistentUserData': {
        const { step, matches } = value as { step: string; matches: Facts | null }
        expectUserData(step, matches, (await readUserData(executionId)).get(step))
        break
      }
      default:
        throw new Error(`the runner does not know what to expect of steps.${field}`)
    }
  }
}

async function expectStep(state: CaseState, step: StepView, fields: Facts, exec: string): Promise<void> {
  for (const [field, value] of Object.entries(fields)) {
    const what = `${field} of step ${step.stepName} of ${exec}`
    if (field === 'exitStatus') await expectText(state, what, value, step.exitStatus || null, step)
    else if (field === 'batchStatus') await expectText(state, what, value, step.batchStatus, step)
    else throw new Error(`the runner does not know what to expect of a step's ${field}`)
  }
}

/** `type` is the class, which the artifacts keep in `_`. */
function expectUserData(step: string, matches: Facts | null, seen: unknown): void {
  const what = `persistent user data of step ${step}`
  if (matches === null) return expectEqual(what, null, seen ?? null)
  const { type, ...fields } = matches
  const data = (seen ?? {}) as Facts
  const same = Object.entries({ ...(type !== undefined && { _: type }), ...fields }).every(([name, value]) =>
    isDeepStrictEqual(data[name], value)
  )
  if (!same) throw new ExpectationFailed(what, matches, seen)
}
