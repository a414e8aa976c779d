// batchyard status: an instance and its executions; the exit code is how the newest one stands.
import type { Command } from 'commander'
import { batchStatusExitCode } from './exit-code.ts'
import { ID_OPTIONS } from './option-table.ts'
import { jobIdOf, missingId, type Session } from './session.ts'
import { taskCommand } from './task-command.ts'

export function statusCommand(): Command {
  return taskCommand({
    name: 'status',
    summary: 'show a job instance and its executions',
    options: ID_OPTIONS,
    missing: missingId,
    run: status
  })
}

async function status({ options, batch, report }: Session): Promise<number> {
  const { kind, id } = jobIdOf(options)
  const instanceId = kind === 'jobinstances' ? id : (await batch.instanceOf(id)).instanceId
  const instance = await batch.instance(instanceId)
  const executions = await batch.executions(instanceId)
  report.instance(instance)
  for (const execution of executions) report.execution(execution)
  report.add('jobInstance', instance)
  report.add('jobExecutions', executions)
  const [newest] = executions
  return newest === undefined ? 0 : batchStatusExitCode(newest.batchStatus)
}
