// The use cases of purge plans: a plan is made and looked at by the operator; executing it is a run like any other.
import { BatchError } from '../batch/batch-error.ts'
import { PURGE_PLAN_BATCH } from '../batch/system-batch.ts'
import { requirePurge, requireRole } from '../operator/authorization.ts'
import { adminCaller, type Caller } from '../operator/caller.ts'
import type { PlanRequest } from '../operator/purge-result.ts'
import { beginPlan, lockPurgePlan, type StoredPurgePlan } from '../store/purge-plans.ts'
import { transactionOnce } from '../store/transaction-once.ts'
import type { SchedulingOptions } from './scheduling-options.ts'
import { startRun } from './start-run.ts'

const AWAY_MS = 8000

export type { PlanRequest, StoredPurgePlan }

export interface PurgePlans {
  create(request: PlanRequest, caller: Caller): Promise<StoredPurgePlan>
  plan(planId: number, caller: Caller): Promise<StoredPurgePlan>
  /** Once, by whoever made it or an administrator; what is purged is purged with the rights of who executes it. */
  execute(planId: number, caller: Caller): Promise<StoredPurgePlan>
}

export function createPurgePlans(options: SchedulingOptions): PurgePlans {
  const { db, operator } = options
  return {
    create: (request, caller) => operator.planPurge(request, caller),
    plan: (planId, caller) => operator.purgePlan(planId, caller),
    async execute(planId, caller) {
      requirePurge(caller)
      await transactionOnce(db, { awayMs: AWAY_MS }, async trx => {
        const plan = await lockPurgePlan(trx, planId)
        if (plan === null) throw new BatchError('NoSuchPurgePlan', [planId])
        if (plan.createdBy !== caller.user) requireRole(caller, 'batchAdmin')
        if (plan.state !== 'Planned') throw new BatchError('PurgePlanState', [planId, whyNot(plan)])
        const start = {
          definition: PURGE_PLAN_BATCH,
          version: null,
          parameters: [{ plan: String(planId) }],
          schedule: null,
          trigger: 'manual' as const,
          nominalTime: null,
          within: trx
        }
        // Its submitter is who asks, also one who may purge and not submit.
        const instanceId = await startRun(options, start, adminCaller(caller.user))
        await beginPlan(trx, { planId, instanceId, executor: caller })
      })
      options.wake()
      return await operator.purgePlan(planId, caller)
    }
  }
}

function whyNot({ state, expires, instanceId }: StoredPurgePlan): string {
  if (state === 'Expired') return `it expired at ${expires.toISOString()}`
  return `job instance ${instanceId} ${state === 'Done' ? 'has executed it' : 'executes it'}`
}
