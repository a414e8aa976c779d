// batchyard restart: a new execution of an instance that was STOPPED or FAILED.
import type { Command } from 'commander'
import { textField } from './batch-records.ts'
import type { Restart } from './batch-rest.ts'
import { CliError, EXIT } from './cli-error.ts'
import { jobParametersOf } from './job-parameters.ts'
import { ID_OPTIONS, PARAMETER_OPTIONS, STOP_ON_SHUTDOWN, WAIT_OPTIONS } from './option-table.ts'
import { jobIdOf, missingId, type Session } from './session.ts'
import { interruptionOf, type Started } from './started.ts'
import { taskCommand } from './task-command.ts'
import { tellRestart } from './tell-restart.ts'
import { waitForEnd } from './wait-for-end.ts'

export function restartCommand(): Command {
  return taskCommand({
    name: 'restart',
    summary: 'restart a job that was stopped or has failed',
    options: [
      ...ID_OPTIONS,
      ...PARAMETER_OPTIONS,
      {
        name: '--reusePreviousParams',
        form: 'flag',
        help: 'keep the job parameters of the execution before; those given here count more'
      },
      {
        name: '--dryRun',
        form: 'flag',
        help: 'say what the restart would do, and do nothing; 0 when it would be accepted'
      },
      ...WAIT_OPTIONS,
      STOP_ON_SHUTDOWN
    ],
    missing: missingId,
    refused: options =>
      options.flag('dryRun') && options.flag('wait')
        ? '--dryRun restarts nothing that --wait could follow.'
        : null,
    run: restart
  })
}

async function restart(session: Session): Promise<number> {
  const { options, batch, report } = session
  const jobParameters = await jobParametersOf(options)
  if (options.flag('verbose'))
    report.message('CWWKY0118I', `Job parameters: ${JSON.stringify(jobParameters)}`)
  const jobId = jobIdOf(options)
  const instanceId = jobId.kind === 'jobinstances' ? jobId.id : (await batch.instanceOf(jobId.id)).instanceId
  const reusePreviousParams = options.flag('reusePreviousParams')
  if (options.flag('dryRun'))
    return await tellRestart(session, { jobId, instanceId, jobParameters, reusePreviousParams })
  const [newest] = await batch.executions(instanceId)
  using interruption = interruptionOf(options)
  const started = await restartInstance(session, {
    jobId,
    instanceId,
    newest: newest?.executionId ?? null,
    jobParameters,
    reusePreviousParams
  })
  if (!options.flag('wait')) return 0
  return (await waitForEnd(session, { ...started, endCode: 'CWWKY0105I', interruption })).exitCode()
}

export async function restartInstance({ batch, report }: Session, restart: Restart): Promise<Started> {
  const { instanceId, newest } = restart
  const instance = await batch.restart(restart)
  report.message(
    'CWWKY0102I',
    `Restart of job ${textField(instance, 'jobName')} submitted: job instance ${instanceId}.`
  )
  report.instance(instance)
  report.add('jobInstance', instance)
  const find = async () => {
    const executions = await batch.executions(instanceId)
    if (newest === null) return executions.at(-1) ?? null
    const at = executions.findIndex(({ executionId }) => executionId === newest)
    if (at === -1)
      throw new CliError(EXIT.failed, `Job instance ${instanceId} no longer has its job execution ${newest}.`)
    // The one after it, even when somebody has restarted that one too.
    return at === 0 ? null : executions[at - 1]!
  }
  return { instanceId, find }
}
