// What a server asks before it takes a job in, for a submit as for a restart: does it take any, and who will run this one?
import { BatchError } from '../batch/batch-error.ts'
import type { WaitingState } from '../store/submissions.ts'
import type { OperatorOptions } from './operator-options.ts'

type Options = Pick<OperatorOptions, 'executorOnly' | 'known' | 'stopping'>

/** Rejects with ServerStopping, or with NotDispatcher naming servers that do. */
export async function requireTakesJobs({ executorOnly, known, stopping }: Options): Promise<void> {
  if (stopping()) throw new BatchError('ServerStopping')
  if (!executorOnly) return
  const others = await known.dispatchers()
  throw new BatchError('NotDispatcher', [others.length === 0 ? 'none lives' : others.join(', ')])
}

/** JMS_QUEUED is seen where only another server runs it. Rejects with ApplicationUnknown or NoExecutor: nobody does. */
export async function waitingStateOf(
  { known }: Options,
  application: string,
  operationGroups: readonly string[]
): Promise<WaitingState> {
  return (await known.runner(application, operationGroups)) === 'here' ? 'SUBMITTED' : 'JMS_QUEUED'
}
