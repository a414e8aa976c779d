// Holds: whoever may purge an instance may protect it, from himself and from every purge there is; what somebody else protects,
// only administrators let go.
import { BatchError } from '../batch/batch-error.ts'
import type { Hold } from '../batch/hold.ts'
import { findHold, placeHold, releaseHold } from '../store/holds.ts'
import { findJobInstance } from '../store/job-instances.ts'
import { writesAll } from './authorization.ts'
import type { Caller } from './caller.ts'
import { checkText } from './check-submission.ts'
import type { OperatorOptions } from './operator-options.ts'

type Options = Pick<OperatorOptions, 'db'>

/** Again, it gets another reason. */
export async function holdInstance(
  { db }: Options,
  instanceId: number,
  reason: string,
  caller: Caller
): Promise<Hold> {
  checkText('reason', reason)
  const verdict = await placeHold(db, { instanceId, reason, by: caller.user, ofAll: writesAll(caller) })
  switch (verdict.kind) {
    case 'unknown':
      throw new BatchError('NoSuchJobInstance', [instanceId])
    case 'purging':
      throw new BatchError('JobInstancePurging', [instanceId])
    case 'others':
      throw notHis(caller)
    case 'held':
      return verdict.hold
  }
}

export async function releaseInstance({ db }: Options, instanceId: number, caller: Caller): Promise<void> {
  const verdict = await releaseHold(db, { instanceId, by: caller.user, ofAll: writesAll(caller) })
  if (verdict === 'unknown') throw new BatchError('NoSuchJobInstance', [instanceId])
  if (verdict === 'notHeld') throw new BatchError('NoSuchHold', [instanceId])
  if (verdict !== 'released') throw notHis(caller)
}

export async function holdOfInstance({ db }: Options, instanceId: number): Promise<Hold> {
  const hold = await findHold(db, instanceId)
  if (hold !== null) return hold
  if ((await findJobInstance(db, instanceId)) === null)
    throw new BatchError('NoSuchJobInstance', [instanceId])
  throw new BatchError('NoSuchHold', [instanceId])
}

function notHis({ user }: Caller): BatchError {
  return new BatchError('RoleMissing', [user, 'the role batchAdmin: somebody else holds it'])
}
