// Executes a purge plan: as the task of one run, group after group, each instance for itself; whoever runs it after a crash goes on
// with what is left.
import { setTimeout as delay } from 'node:timers/promises'
import type { Role } from '../../batch/role.ts'
import type { SystemTask } from '../../batch/system-batch.ts'
import type { JobOperator } from '../../operator/job-operator.ts'
import type { Outcome } from '../../operator/purge-outcome.ts'
import type { Database } from '../../store/database.ts'
import {
  endPlan,
  findPurgePlan,
  type ItemOutcome,
  type PlanItem,
  planItems,
  settleItems,
  type StoredPurgePlan
} from '../../store/purge-plans.ts'
import { isUnderWay } from '../../store/system-batches.ts'
import { passes, patiently, PAUSE_MS } from './patiently.ts'

/** Instances that share their transactions. */
const TOGETHER = 64
/** For what stands in the way for a moment: a dead server's purge is being finished, say. */
const MOST_PAUSES = 120
/** Failures that the job log names. */
const MOST_TOLD = 100

interface Options {
  readonly db: Database
  readonly operator: JobOperator
}

export async function executePlan(options: Options, instanceId: number, task: SystemTask): Promise<string> {
  const { db } = options
  const planId = /^[1-9]\d{0,14}$/.test(task['plan'] ?? '') ? Number(task['plan']) : 0
  const plan = await findPurgePlan(db, planId)
  if (plan?.instanceId !== instanceId || plan.executor === null)
    throw new Error(
      `This run executes no purge plan ${task['plan'] ?? ''}: POST /api/v1/purge-plans/<id>/execute makes the one that does.`
    )
  const told: string[] = []
  for (let pauses = 0; ; pauses++) {
    const { left, stopped } = await onePass(options, plan, pauses === MOST_PAUSES, told)
    if (stopped) return `Stopped. A restart of this job instance goes on with the plan.\n${told.join('\n')}`
    if (left === 0) break
    await delay(PAUSE_MS)
  }
  await endPlan(db, planId)
  const { purged, changed, held, failed } = (await findPurgePlan(db, planId))!
  return [
    `Purge plan ${planId}: purged ${purged}, changed since and left ${changed}, held ${held}, failed ${failed}.`,
    ...told
  ].join('\n')
}

/** Over all items that are left; says how many still are. `last`: what stands in the way now has failed. */
async function onePass(
  { db, operator }: Options,
  plan: StoredPurgePlan,
  last: boolean,
  told: string[]
): Promise<{ readonly left: number; readonly stopped: boolean }> {
  const { user, roles, groups } = plan.executor!
  const caller = { user, roles: roles as readonly Role[], groups }
  let left = 0
  for (let after = 0; ;) {
    const items = await patiently(() => planItems(db, { planId: plan.planId, after, limit: TOGETHER }))
    if (items.length === 0) return { left, stopped: false }
    if (!(await patiently(() => isUnderWay(db, plan.instanceId!)))) return { left, stopped: true }
    const asOf = new Map(items.map(item => [item.instanceId, item.lastUpdatedTime]))
    const planned = { asOf, jobStoreOnly: plan.jobStoreOnly, planId: plan.planId }
    const became = await patiently(() => operator.purgeAsPlanned(planned, caller))
    const outcomes = new Map<number, ItemOutcome>()
    for (const item of items) {
      const outcome = last ? failing(became.get(item.instanceId)!) : became.get(item.instanceId)!
      const counted = countedAs(outcome, item)
      if (counted === null) left++
      else outcomes.set(item.instanceId, counted)
      if (counted === 'failed' && told.length < MOST_TOLD) told.push(`${item.instanceId}: ${whyOf(outcome)}`)
    }
    await patiently(() => settleItems(db, plan.planId, outcomes))
    after = items.at(-1)!.instanceId
  }
}

/** `null` = to be looked at again. */
function countedAs(outcome: Outcome | { readonly kind: 'failed' }, item: PlanItem): ItemOutcome | null {
  switch (outcome.kind) {
    case 'purged':
      return 'purged'
    case 'unknown':
      // Begun by this plan, and finished by whoever took over from the server that began it.
      return item.marked ? 'purged' : 'changed'
    case 'active':
    case 'changed':
      return 'changed'
    case 'held':
      return 'held'
    case 'purging':
      return null
    case 'rowsRemain':
      return passes(outcome.error) ? null : 'failed'
    case 'logsRemain':
    case 'notAuthorized':
    case 'elsewhere':
    case 'failed':
      return 'failed'
  }
}

function failing(outcome: Outcome): Outcome | { readonly kind: 'failed' } {
  return outcome.kind === 'purging' || outcome.kind === 'rowsRemain' ? { kind: 'failed' } : outcome
}

function whyOf(outcome: Outcome | { readonly kind: 'failed' }): string {
  return 'error' in outcome ? (outcome.error?.message ?? outcome.kind) : 'what stood in the way did not pass'
}
