// The JobOperator's queries as cases write them: `{ call, args, expect, saveAs, onThrows, allowThrows }`.
import { isDeepStrictEqual } from 'node:util'
import { ExpectationFailed } from './expectation-failed.ts'
import type { RestJobOperator } from './job-operator.ts'
import { type CaseState, executionNamed, resolveValue } from './references.ts'
import type { Facts, Operation } from './tck-folder.ts'

type Query = (operator: RestJobOperator, args: readonly unknown[]) => Promise<unknown>

const QUERIES: Readonly<Record<string, Query>> = {
  getJobNames: operator => operator.getJobNames(),
  getJobInstanceCount: (operator, [jobName]) => operator.getJobInstanceCount(String(jobName)),
  getJobInstances: (operator, [jobName, start, count]) =>
    operator.getJobInstances(String(jobName), Number(start), Number(count)),
  getRunningExecutions: (operator, [jobName]) => operator.getRunningExecutions(String(jobName)),
  getParameters: (operator, [executionId]) => operator.getParameters(Number(executionId)),
  getJobInstance: (operator, [executionId]) => operator.getJobInstance(Number(executionId)),
  getJobExecution: (operator, [executionId]) => operator.getJobExecution(Number(executionId)),
  getJobExecutions: (operator, [instanceId]) => operator.getJobExecutions(Number(instanceId)),
  getStepExecutions: (operator, [executionId]) => operator.getStepExecutions(Number(executionId))
}

/** Rejects with JobOperatorException as the call does, and with ExpectationFailed. */
export async function runQuery(state: CaseState, operation: Operation): Promise<void> {
  const { call = '', saveAs, expect } = operation
  const query = QUERIES[call]
  if (query === undefined) throw new Error(`the runner does not know the query ${call}`)
  const args = (await resolveValue(operation.args ?? [], state)) as readonly unknown[]
  const result = await query(state.operator, args)
  if (saveAs !== undefined) state.saved.set(saveAs, result)
  if (expect !== undefined) await expectResult(state, call, expect, result)
}

async function expectResult(state: CaseState, call: string, expected: Facts, result: unknown): Promise<void> {
  for (const [how, raw] of Object.entries(expected)) {
    const value = await resolveValue(raw, state)
    const list = Array.isArray(result) ? (result as unknown[]) : []
    const fail = (seen: unknown) => new ExpectationFailed(`${call} (${how})`, value, seen)
    switch (how) {
      case 'equals':
        if (!isDeepStrictEqual(result, typeof result === 'number' ? sumOf(value) : value)) throw fail(result)
        break
      case 'size':
        if (list.length !== Number(value)) throw fail(list.length)
        break
      case 'contains':
      case 'notContains': {
        const there = list.some(one => isDeepStrictEqual(one, typeof one === 'number' ? sumOf(value) : value))
        if (there !== (how === 'contains')) throw fail(result)
        break
      }
      case 'instancesOf': {
        const wanted = (raw as string[]).map(name => executionNamed(name, state).instanceId)
        const seen = list.map(one => (one as { instanceId: number }).instanceId)
        if (!isDeepStrictEqual(seen, wanted)) throw new ExpectationFailed(call, wanted, seen)
        break
      }
      default:
        throw new Error(`the runner does not know ${how} of a query`)
    }
  }
}

/** `3+10` after the references were replaced; what is no sum stays as it is. */
function sumOf(value: unknown): unknown {
  if (typeof value !== 'string' || !/^\d+([+-]\d+)*$/.test(value)) return value
  return (value.match(/[+-]?\d+/g) ?? []).reduce((sum, term) => sum + Number(term), 0)
}
