// batchyard purge: removes job instances that have ended, one by its id or a page of those that filters select.
import type { Command } from 'commander'
import { textField } from './batch-records.ts'
import { filtersOf, selectionOf } from './list-jobs.ts'
import { FILTER_OPTIONS, PAGE_OPTIONS } from './option-table.ts'
import type { Session } from './session.ts'
import { taskCommand } from './task-command.ts'

export function purgeCommand(): Command {
  return taskCommand({
    name: 'purge',
    summary: 'purge job instances that have ended',
    options: [
      ...FILTER_OPTIONS,
      ...PAGE_OPTIONS,
      { name: '--purgeJobStoreOnly', form: 'flag', help: 'keep the job logs' }
    ],
    missing: options =>
      filtersOf(options).length > 0
        ? null
        : '--jobInstanceId, --createTime, --instanceState or --exitStatus must be given.',
    run: purge
  })
}

async function purge(session: Session): Promise<number> {
  const { options, batch, report } = session
  const filters = filtersOf(options)
  const jobStoreOnly = options.flag('purgeJobStoreOnly')
  const single = /^\d{1,15}$/.exec(options.text('jobInstanceId') ?? '')?.[0]
  if (single !== undefined && filters.length === 1)
    return await purgeOne(session, Number(single), jobStoreOnly)
  const results = await batch.purgeAll(selectionOf(options, filters), jobStoreOnly)
  for (const result of results)
    report.message(
      'CWWKY0117I',
      `Purge of job instance ${String(result['instanceId'])}: status ${textField(result, 'purgeStatus')}. Message: ${textField(result, 'message')} RedirectUrl: ${textField(result, 'redirectUrl')}`
    )
  report.add('purged', results)
  return 0
}

async function purgeOne(
  { batch, report }: Session,
  instanceId: number,
  jobStoreOnly: boolean
): Promise<number> {
  const instance = await batch.instance(instanceId)
  await batch.purge(instanceId, jobStoreOnly)
  report.message('CWWKY0115I', `Job ${textField(instance, 'jobName')} purged: job instance ${instanceId}.`)
  report.add('purged', [{ instanceId, purgeStatus: 'COMPLETED', message: '', redirectUrl: '' }])
  return 0
}
