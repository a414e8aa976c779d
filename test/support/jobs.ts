// Jobs of a test's own, submitted inline to a server in the test's process, and what became of them.
import { setTimeout as delay } from 'node:timers/promises'
import { adminCaller } from '../../src/operator/caller.ts'
import type { JobExecutionDetail, JobOperator } from '../../src/operator/job-operator.ts'

export const CALLER = adminCaller('tester')

const PATIENCE_MS = 60_000

/** `elements`: what stands inside of `<job>`. The instance id. */
export async function submitJsl(
  operator: JobOperator,
  application: string,
  elements: string,
  jobParameters: Readonly<Record<string, string>> = {}
): Promise<number> {
  const submitted = await operator.submit(
    {
      application,
      module: `${application}.war`,
      component: null,
      jobXMLName: '',
      jobXML: `<job id="tested" xmlns="http://xmlns.jcp.org/xml/ns/javaee" version="1.0">${elements}</job>`,
      jobParameters,
      idempotencyKey: null
    },
    CALLER
  )
  return submitted.instance.instanceId
}

/** The newest execution, once it has one of these batch statuses. */
export async function whenJob(
  operator: JobOperator,
  instanceId: number,
  ...batchStatuses: readonly string[]
): Promise<JobExecutionDetail> {
  for (const deadline = Date.now() + PATIENCE_MS; ; await delay(20)) {
    const [newest] = await operator.jobExecutions(instanceId, CALLER)
    if (newest !== undefined && batchStatuses.includes(newest.batchStatus)) return newest
    if (Date.now() > deadline)
      throw new Error(`still ${newest?.batchStatus}, and not ${batchStatuses.join(' or ')}`)
  }
}

export function endedJob(operator: JobOperator, instanceId: number): Promise<JobExecutionDetail> {
  return whenJob(operator, instanceId, 'COMPLETED', 'FAILED', 'STOPPED', 'ABANDONED')
}
