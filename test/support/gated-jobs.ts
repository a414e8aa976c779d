// Jobs that write to the ledger and stand still in the middle of a chunk until the test lets them go on.
import type { BatchClient } from './batch-client.ts'

/** Rows that are committed when a job waits. */
export const AT_GATE = 40

/** The instance id. It waits for the file `go` in its fifth chunk of ten; `policy`: what becomes of it with its server. */
export async function submitGated(
  client: BatchClient,
  policy: 'fail' | 'resume',
  jobParameters: { readonly items: string; readonly go: string },
  partitions = 0
): Promise<number> {
  const partition = partitions === 0 ? '' : `<partition><plan partitions="${partitions}"/></partition>`
  const jobXML = `<job id="gated" xmlns="https://jakarta.ee/xml/ns/jakartaee" version="2.0"><properties>
    <property name="batchyard.recovery" value="${policy}"/></properties><step id="s"><chunk item-count="10">
    <reader ref="Numbers"/><writer ref="ledgerWriter"/></chunk>${partition}</step></job>`
  const answer = await client.call('POST', '/jobinstances', {
    applicationName: 'spread',
    jobXML,
    jobParameters
  })
  if (answer.status !== 201) throw new Error(`${answer.status} ${answer.text}`)
  return answer.json.instanceId as number
}
