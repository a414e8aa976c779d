// batchyard submit: a new job instance, or by a token file the restart of the one that did not get through.
import type { Command } from 'commander'
import { textField } from './batch-records.ts'
import { jobParametersOf } from './job-parameters.ts'
import { PARAMETER_OPTIONS, STOP_ON_SHUTDOWN, WAIT_OPTIONS } from './option-table.ts'
import type { OptionValues } from './option-values.ts'
import { textOfFile } from './properties-file.ts'
import { restartInstance } from './restart.ts'
import { keepRestartToken, restartTokenOf } from './restart-token.ts'
import type { Session } from './session.ts'
import { interruptionOf, type Started } from './started.ts'
import { taskCommand } from './task-command.ts'
import { waitForEnd } from './wait-for-end.ts'

type JobParameters = Readonly<Record<string, string>>

export function submitCommand(): Command {
  return taskCommand({
    name: 'submit',
    summary: 'submit a job',
    options: [
      {
        name: '--applicationName',
        form: 'value',
        value: 'name',
        help: 'the application; this or --moduleName'
      },
      { name: '--moduleName', form: 'value', value: 'name', help: 'the module, e.g. App.war' },
      { name: '--componentName', form: 'value', value: 'name', help: 'the component of the module' },
      { name: '--jobXMLName', form: 'value', value: 'name', help: 'a job definition of the application' },
      { name: '--jobXMLFile', form: 'value', value: 'file', help: 'a job definition (JSL) to send along' },
      ...PARAMETER_OPTIONS,
      {
        name: '--restartTokenFile',
        form: 'value',
        value: 'file',
        help: 'remembers the job instance: when it was STOPPED or FAILED it is restarted instead'
      },
      ...WAIT_OPTIONS,
      STOP_ON_SHUTDOWN
    ],
    missing: options =>
      options.has('applicationName') || options.has('moduleName')
        ? null
        : '--applicationName or --moduleName must be given.',
    run: submit
  })
}

async function submit(session: Session): Promise<number> {
  const { options, report } = session
  const jobParameters = await jobParametersOf(options)
  const submission = await submissionOf(options, jobParameters)
  const tokenFile = options.text('restartTokenFile')
  const token = tokenFile === null ? null : await restartTokenOf(tokenFile)
  if (options.flag('verbose'))
    report.message('CWWKY0118I', `Job parameters: ${JSON.stringify(jobParameters)}`)
  using interruption = interruptionOf(options)
  const restarted = token === null ? null : await restartByToken(session, token, jobParameters)
  const started = restarted ?? (await submitNew(session, submission))
  if (tokenFile !== null) await keepRestartToken(tokenFile, started.instanceId)
  if (!options.flag('wait')) return 0
  const ended = await waitForEnd(session, { ...started, endCode: 'CWWKY0105I', interruption })
  if (tokenFile !== null && ended.batchStatus !== 'STOPPED' && ended.batchStatus !== 'FAILED')
    await keepRestartToken(tokenFile, null)
  return ended.exitCode()
}

/** All six fields, the absent ones empty, as Liberty's own client sends them. */
async function submissionOf(options: OptionValues, jobParameters: JobParameters): Promise<object> {
  const file = options.text('jobXMLFile')
  return {
    applicationName: options.text('applicationName') ?? '',
    moduleName: options.text('moduleName') ?? '',
    componentName: options.text('componentName') ?? '',
    jobXMLName: options.text('jobXMLName') ?? '',
    jobParameters,
    jobXML: file === null ? '' : await textOfFile('--jobXMLFile', file)
  }
}

async function submitNew({ batch, report }: Session, submission: object): Promise<Started> {
  const instance = await batch.submit(submission)
  const { instanceId } = instance
  report.message('CWWKY0101I', `Job ${textField(instance, 'jobName')} submitted: job instance ${instanceId}.`)
  report.instance(instance)
  report.add('jobInstance', instance)
  return { instanceId, find: async () => (await batch.executions(instanceId))[0] ?? null }
}

/** Null when that instance is not to be restarted: a new one is submitted then. */
async function restartByToken(
  session: Session,
  instanceId: number,
  jobParameters: JobParameters
): Promise<Started | null> {
  const [newest] = await session.batch.executions(instanceId)
  if (newest !== undefined && newest.batchStatus !== 'STOPPED' && newest.batchStatus !== 'FAILED') return null
  return await restartInstance(session, {
    jobId: { kind: 'jobinstances', id: instanceId },
    instanceId,
    newest: newest?.executionId ?? null,
    jobParameters,
    reusePreviousParams: false
  })
}
