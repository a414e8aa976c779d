// batchyard stop: asks a running job to stop, and with --wait sees to it that it did.
import type { Command } from 'commander'
import { executionRecord } from './batch-records.ts'
import { ID_OPTIONS, WAIT_OPTIONS } from './option-table.ts'
import { jobIdOf, missingId, type Session } from './session.ts'
import { taskCommand } from './task-command.ts'
import { waitForEnd } from './wait-for-end.ts'

const END_CODE = 'CWWKY0103I'

export function stopCommand(): Command {
  return taskCommand({
    name: 'stop',
    summary: 'stop a job',
    options: [...ID_OPTIONS, ...WAIT_OPTIONS],
    missing: missingId,
    run: stop
  })
}

async function stop(session: Session): Promise<number> {
  const { options, batch, report } = session
  const jobId = jobIdOf(options, 'jobexecutions')
  // As Liberty's client: an unknown instance is told by its own answer, before anything is stopped.
  const before = jobId.kind === 'jobinstances' ? await batch.instance(jobId.id) : null
  const stopped = await batch.stop(jobId)
  // Liberty's answer for an instance without executions.
  const isEmpty = stopped['executionId'] === undefined
  const instance = before ?? (await batch.instanceOf(executionRecord(stopped).executionId))
  report.message('CWWKY0104I', `Stop of job instance ${instance.instanceId} submitted.`)
  report.add('jobInstance', instance)
  report.add('jobExecution', stopped)
  if (!options.flag('wait')) return 0
  if (isEmpty) {
    report.message(END_CODE, 'Job ended. Batch status: null. Exit status: null')
    return 0
  }
  const { executionId } = executionRecord(stopped)
  const wait = {
    instanceId: instance.instanceId,
    find: () => batch.execution(executionId),
    endCode: END_CODE
  }
  return (await waitForEnd(session, { ...wait, interruption: null })).exitCode()
}
