// The only place that knows how Liberty lists the job logs of executions and instances.
import type { JobExecutionDetail } from '../../../operator/job-operator.ts'
import { ownerUrl } from './job-execution.ts'
import { jobInstanceUrl } from './job-instance.ts'
import type { Link } from './link.ts'
import type { ViewContext } from './view-context.ts'

/** The whole log as text and as zip, then each part as both; they lie where the execution ran. */
export function executionLogLinks(
  execution: Pick<JobExecutionDetail, 'executionId' | 'restUrl'>,
  parts: readonly string[],
  context: ViewContext
): Link[] {
  const url = `${ownerUrl(execution, context)}/joblogs`
  return [
    { rel: 'joblog text', href: `${url}?type=text` },
    { rel: 'joblog zip', href: `${url}?type=zip` },
    ...parts.flatMap(path => [
      { rel: 'joblog part text', href: `${url}?part=${queryValue(path)}&type=text` },
      { rel: 'joblog part zip', href: `${url}?part=${queryValue(path)}&type=zip` }
    ])
  ]
}

/** What stands after the links of an instance's executions. */
export function instanceLogLinks(instanceId: number, context: ViewContext): Link[] {
  const url = `${jobInstanceUrl(instanceId, context)}/joblogs`
  return [
    { rel: 'joblog text', href: `${url}?type=text` },
    { rel: 'joblog zip', href: `${url}?type=zip` }
  ]
}

/** The product encodes nothing; ours does where a link would break, and leaves `/` as the product has it. */
function queryValue(path: string): string {
  return encodeURIComponent(path).replaceAll('%2F', '/')
}
