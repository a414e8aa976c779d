// Restarts the latest execution of an instance; of several at once exactly one is let through (ENGINE E2).
import type { JobInstance } from '../batch/job-records.ts'
import { secretWordsWith } from '../batch/secret-parameters.ts'
import { appendAudit } from '../store/audit.ts'
import { findJobInstance } from '../store/job-instances.ts'
import { insertRestart, lockForRestart } from '../store/restarts.ts'
import { unitColumns } from '../store/unit-inserts.ts'
import { transactionOnce } from '../store/transaction-once.ts'
import { auditedParameters } from './audited-parameters.ts'
import type { Caller, RestartRequest } from './job-operator.ts'
import type { OperatorOptions } from './operator-options.ts'
import { judgeRestart, prepareRestart } from './restart-decision.ts'
import { requireTakesJobs } from './take-in.ts'

/** How long a restart waits for a PostgreSQL that is away. */
const AWAY_MS = 8000

export async function restartJob(
  options: OperatorOptions,
  request: RestartRequest,
  caller: Caller
): Promise<JobInstance> {
  await requireTakesJobs(options)
  const prepared = await prepareRestart(options, request)
  const { instanceId, jobParameters, checked } = prepared
  await transactionOnce(options.db, { awayMs: AWAY_MS }, async trx => {
    // Caps are locked before the instance (ENGINE E1).
    const columns = checked.ok ? await unitColumns(trx, [checked.value.settings]) : []
    const { latest, model, waitingState } = judgeRestart(
      prepared,
      request,
      await lockForRestart(trx, instanceId)
    )
    const executionId = await insertRestart(trx, {
      latest,
      jobParameters,
      jobName: model.id,
      instanceState: waitingState,
      columns: columns[0]!
    })
    const words = secretWordsWith(options.secretWords, latest.secretParameters)
    await appendAudit(trx, [
      {
        who: caller.user,
        what: 'instance.restart',
        target: `instance:${instanceId}`,
        before: { executionId: latest.executionId, batchStatus: latest.batchStatus },
        after: { executionId, jobParameters: auditedParameters(jobParameters, words) }
      }
    ])
  })
  options.wake(prepared.place.ok && prepared.place.value === 'JMS_QUEUED')
  return (await findJobInstance(options.db, instanceId))!
}
