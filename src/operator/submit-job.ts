// Submits a job: which JSL, is it right, then all rows of it in one commit.
import { BatchError } from '../batch/batch-error.ts'
import type { JobInstance } from '../batch/job-records.ts'
import { findJobInstance } from '../store/job-instances.ts'
import { drawSubmissionIds, insertSubmissions } from '../store/submissions.ts'
import { checkJobParameters, checkName, checkText } from './check-submission.ts'
import type { Caller, JobSubmission } from './job-operator.ts'
import { delaySecondsOf, priorityOf } from './message-properties.ts'
import type { OperatorOptions } from './operator-options.ts'

/** `application#module[#component]` */
export function appNameOf(submission: Pick<JobSubmission, 'application' | 'module' | 'component'>): string {
  const { application, module, component } = submission
  return component === null ? `${application}#${module}` : `${application}#${module}#${component}`
}

export async function submitJob(
  options: OperatorOptions,
  submission: JobSubmission,
  caller: Caller
): Promise<JobInstance> {
  if (options.stopping()) throw new BatchError('ServerStopping')
  const { application, jobXMLName, jobXML, jobParameters } = submission
  const appName = appNameOf(submission)
  checkName('appName', appName)
  checkName('jobXMLName', jobXMLName)
  checkJobParameters(jobParameters)
  await options.requireApplication(application)
  const jsl = jobXML ?? (await options.packagedJsl(application, jobXMLName))
  checkText('the JSL', jsl)
  const model = options.checkJsl(jsl, jobParameters, jobXML === null ? options.systemProperties : {})
  checkName('jobName', model.id)
  const xmlId = await options.jobXMLs.idOf(jsl)
  const [ids] = await drawSubmissionIds(options.db, 1)
  await insertSubmissions(options.db, [
    {
      ...ids!,
      jobName: model.id,
      appName,
      application,
      jobXMLName,
      xmlId,
      inline: jobXML !== null,
      submitter: caller.user,
      jobParameters,
      priority: priorityOf(jobParameters),
      delaySeconds: delaySecondsOf(jobParameters)
    }
  ])
  options.wake()
  return (await findJobInstance(options.db, ids!.instanceId))!
}
