// `${e1.id}`, `${e1.step(step1).id}`, `${before}`: what a case's texts refer to, looked up when they are needed.
import type { ExecutionView, RestJobOperator, StepView } from './job-operator.ts'

/** What a case has started and stored so far. */
export interface CaseState {
  readonly operator: RestJobOperator
  /** By the name the case gives it. */
  readonly executions: Map<string, ExecutionView>
  /** Results of queries. */
  readonly saved: Map<string, unknown>
}

const REFERENCE = /\$\{([^}]+)\}/g

/** The text with every reference replaced; `step` is what `${this.…}` speaks of, `escape` is put around each value. */
export async function resolveText(
  text: string,
  state: CaseState,
  {
    step = null,
    escape = value => value
  }: { step?: StepView | null; escape?: (value: string) => string } = {}
): Promise<string> {
  const values = new Map<string, string>()
  for (const [reference, path] of text.matchAll(REFERENCE))
    values.set(reference, escape(String(await valueOf(path!, state, step))))
  return text.replaceAll(REFERENCE, reference => values.get(reference)!)
}

/** The same in all texts of a JSON value. */
export async function resolveValue(value: unknown, state: CaseState): Promise<unknown> {
  if (typeof value === 'string') return await resolveText(value, state)
  if (Array.isArray(value)) return await Promise.all(value.map(one => resolveValue(one, state)))
  if (typeof value !== 'object' || value === null) return value
  const entries = Object.entries(value).map(
    async ([name, one]) => [name, await resolveValue(one, state)] as const
  )
  return Object.fromEntries(await Promise.all(entries))
}

/** The execution a case calls by this name. */
export function executionNamed(name: string | undefined, { executions }: CaseState): ExecutionView {
  const execution = executions.get(name ?? '')
  if (execution === undefined) throw new Error(`the case has no execution ${name} at this point`)
  return execution
}

async function valueOf(path: string, state: CaseState, step: StepView | null): Promise<unknown> {
  if (state.saved.has(path)) return state.saved.get(path)
  const [name, ...fields] = path.split('.')
  if (name === 'this') return fieldOf(step, fields, path)
  const { executionId } = executionNamed(name, state)
  const [, index, stepName] = /^step(?:\[(\d+)\]|\((.+)\))$/.exec(fields[0] ?? '') ?? []
  if (index === undefined && stepName === undefined)
    return fieldOf(await state.operator.getJobExecution(executionId), fields, path)
  const steps = await state.operator.getStepExecutions(executionId)
  const found = index === undefined ? steps.find(one => one.stepName === stepName) : steps[Number(index)]
  return fieldOf(found ?? null, fields.slice(1), path)
}

function fieldOf(record: ExecutionView | StepView | null, [field, ...more]: string[], path: string): unknown {
  const short = record !== null && 'stepName' in record ? 'stepExecutionId' : 'executionId'
  const names: Record<string, string> = { id: short, instance: 'instanceId', name: 'stepName' }
  const found = (record as Record<string, unknown> | null)?.[names[field!] ?? field!]
  if (found === undefined || more.length > 0) throw new Error(`nothing is found for \${${path}}`)
  return found
}
