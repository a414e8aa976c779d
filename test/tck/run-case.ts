// Runs one case: its operations one after the other, through the batch API only.
import { setTimeout as delay } from 'node:timers/promises'
import { ExpectationFailed } from './expectation-failed.ts'
import { expectEqual, expectExecution, expectTimesInOrder, type ReadUserData } from './expectations.ts'
import { ENDED, type ExecutionView, JobOperatorException, RestJobOperator } from './job-operator.ts'
import { runQuery } from './queries.ts'
import { type CaseState, executionNamed, resolveText } from './references.ts'
import type { SystemPropertyFile } from './system-property-file.ts'
import type { Facts, Operation, TckCase } from './tck-folder.ts'

/** As the suite: longer than any of its jobs takes. */
const ENDED_WITHIN_MS = 60_000
const POLL_MS = 50

export interface CaseSurroundings {
  readonly server: string
  readonly application: string
  readonly systemProperties: SystemPropertyFile
  readonly readUserData: ReadUserData
  /** Aborted when the case takes too long. */
  readonly signal: AbortSignal
}

interface Running {
  readonly state: CaseState
  readonly surroundings: CaseSurroundings
}

export interface CaseRun {
  readonly executions: ReadonlyMap<string, ExecutionView>
  /** `null`: everything was as the case says. */
  readonly ended: Error | null
}

/** Never rejects: ExpectationFailed, Skipped or what else went wrong is in the answer. */
export async function runCase(tckCase: TckCase, surroundings: CaseSurroundings): Promise<CaseRun> {
  const { server, application, signal } = surroundings
  const operator = new RestJobOperator(server, application, signal)
  const state: CaseState = { operator, executions: new Map(), saved: new Map() }
  const begun = Date.now()
  try {
    for (const operation of tckCase.steps) await perform(operation, { state, surroundings })
    for (const { executionId } of state.executions.values())
      expectTimesInOrder(
        await operator.getJobExecution(executionId),
        await operator.getStepExecutions(executionId),
        begun
      )
    return { executions: state.executions, ended: null }
  } catch (error) {
    return { executions: state.executions, ended: error as Error }
  }
}

/** Compares what an operation threw with what the case allows or demands. */
async function perform(operation: Operation, running: Running): Promise<void> {
  const { op, expectThrows, allowThrows, onThrows = {}, expectEither, saveAs = '' } = operation
  const what = `${op} ${operation.call ?? operation.of ?? operation.exec ?? operation.jsl ?? ''}`.trim()
  try {
    await call(operation, running)
  } catch (error) {
    if (!(error instanceof JobOperatorException)) throw error
    if (expectThrows === error.name || allowThrows === error.name) return
    if (expectEither?.some(outcome => outcome['throws'] === error.name)) return
    if (Object.hasOwn(onThrows, error.name)) {
      running.state.saved.set(saveAs, onThrows[error.name])
      return
    }
    throw new ExpectationFailed(what, expectThrows ?? 'no exception', `${error.name}: ${error.message}`)
  }
  if (expectThrows !== undefined) throw new ExpectationFailed(what, expectThrows, 'no exception')
  if (expectEither !== undefined) await expectOneOf(expectEither, operation, running)
}

async function expectOneOf(
  either: readonly Facts[],
  { as }: Operation,
  { state, surroundings }: Running
): Promise<void> {
  const failures: unknown[] = []
  for (const outcome of either) {
    if (outcome['throws'] !== undefined) continue
    try {
      return await expectExecution(state, as, outcome, surroundings.readUserData)
    } catch (error) {
      if (!(error instanceof ExpectationFailed)) throw error
      failures.push(error.seen)
    }
  }
  throw new ExpectationFailed(`start of ${as}`, either, failures)
}

async function call(operation: Operation, { state, surroundings }: Running): Promise<void> {
  const { operator, executions } = state
  const { systemProperties, readUserData, signal } = surroundings
  const { as, wait = false, jobParameters = {}, name = '' } = operation
  const named = () => executionNamed(operation.exec ?? operation.of, state).executionId
  const started = async (execution: ExecutionView) => {
    if (as !== undefined) executions.set(as, execution)
    if (wait) await untilEnded(execution.executionId, state, signal)
  }
  switch (operation.op) {
    case 'start':
      return await started(await operator.start(operation.jsl ?? '', jobParameters))
    case 'restart':
      return await started(await operator.restart(named(), jobParameters))
    case 'stop':
      await operator.stop(named())
      if (wait) await untilEnded(named(), state, signal)
      return
    case 'abandon':
      return await operator.abandon(named())
    case 'wait':
      return await untilEnded(named(), state, signal)
    case 'sleep':
      return await delay(operation.ms, undefined, { signal })
    case 'query':
      return await runQuery(state, operation)
    case 'expect': {
      // `intendedOnly`: the suite itself asserts something else, by mistake; what it means is what counts.
      const {
        op: _op,
        exec,
        intendedOnly: _intended,
        notes: _notes,
        ...expected
      } = operation as Facts & Operation
      return await expectExecution(state, exec, expected, readUserData)
    }
    case 'expectRelation':
      return await expectRelation(operation, state)
    case 'setSystemProperty':
      systemProperties.set(name, operation.value ?? '')
      return
    case 'clearSystemProperty':
      systemProperties.delete(name)
      return
    case 'expectSystemProperty':
      return expectSystemProperty(operation, systemProperties.get(name) ?? null)
    default:
      throw new Error(`the runner does not know the operation ${operation.op}`)
  }
}

async function expectRelation({ left = '', rel, right = '' }: Operation, state: CaseState): Promise<void> {
  if (rel !== 'equals' && rel !== 'differs') throw new Error(`the runner does not know the relation ${rel}`)
  const values = [await resolveText(left, state), await resolveText(right, state)] as const
  if ((values[0] === values[1]) !== (rel === 'equals'))
    throw new ExpectationFailed(`${left} ${rel} ${right}`, values[1], values[0])
}

function expectSystemProperty(operation: Operation, seen: string | null): void {
  const what = `system property ${operation.name}`
  if ('value' in operation) expectEqual(what, operation.value, seen)
  if ('notEquals' in operation && operation.notEquals === seen)
    throw new ExpectationFailed(what, `not ${seen}`, seen)
}

/** Terminal, and with its exit status: the suite waits for both. */
async function untilEnded(executionId: number, { operator }: CaseState, signal: AbortSignal): Promise<void> {
  const deadline = Date.now() + ENDED_WITHIN_MS
  for (;;) {
    const { batchStatus, exitStatus } = await operator.getJobExecution(executionId)
    if (ENDED.has(batchStatus) && exitStatus !== '') return
    if (Date.now() > deadline)
      throw new ExpectationFailed(
        `execution ${executionId} after ${ENDED_WITHIN_MS / 1000} s`,
        'its end',
        batchStatus
      )
    await delay(POLL_MS, undefined, { signal })
  }
}
