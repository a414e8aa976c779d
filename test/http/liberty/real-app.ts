// The whole server behind its HTTP side, for tests that run jobs: they are skipped while test/support/build-app.ts is missing.
import { existsSync } from 'node:fs'
import { setTimeout } from 'node:timers/promises'
import type { Test } from 'tap'
import type { HttpApp } from '../../../src/http/http-app.ts'
import type { JobExecutionView } from '../../../src/http/liberty/view/job-execution.ts'
import type { JobInstanceView } from '../../../src/http/liberty/view/job-instance.ts'

const BUILD_APP = new URL('../../support/build-app.ts', import.meta.url)

export const SKIPPED = existsSync(BUILD_APP) ? false : 'test/support/build-app.ts is not there yet'

export const BATCH = '/ibm/api/batch'

export async function realApp(t: Test): Promise<HttpApp> {
  const { buildApp } = (await import(BUILD_APP.href)) as { buildApp: (t: Test) => Promise<{ http: HttpApp }> }
  return (await buildApp(t)).http
}

export async function submit(http: HttpApp, body: object, version = ''): Promise<JobInstanceView> {
  const answer = await http.inject({ method: 'POST', url: `${BATCH}${version}/jobinstances`, payload: body })
  if (answer.statusCode !== 201) throw new Error(`${answer.statusCode} ${answer.body}`)
  return answer.json()
}

export async function get<Answer>(http: HttpApp, path: string): Promise<Answer> {
  const answer = await http.inject(`${BATCH}${path}`)
  if (answer.statusCode !== 200) throw new Error(`${answer.statusCode} ${answer.body}`)
  return answer.json()
}

/** The newest execution of an instance, once it has one of these batch statuses. */
export async function newestWhen(
  http: HttpApp,
  instanceId: number,
  ...statuses: readonly string[]
): Promise<JobExecutionView> {
  for (const deadline = Date.now() + 30_000; ; await setTimeout(20)) {
    const [newest] = await get<JobExecutionView[]>(http, `/jobinstances/${instanceId}/jobexecutions`)
    if (newest && statuses.includes(newest.batchStatus)) return newest
    if (Date.now() > deadline)
      throw new Error(`still ${newest?.batchStatus}, and not ${statuses.join(' or ')}`)
  }
}

export async function ended(http: HttpApp, instanceId: number): Promise<JobExecutionView> {
  return newestWhen(http, instanceId, 'COMPLETED', 'FAILED', 'STOPPED', 'ABANDONED')
}

/** The document's inline sample, spelled as XML: three steps of three partitions. */
export const THREE_STEPS = `<?xml version="1.0" encoding="UTF-8" standalone="yes"?>
<job id="three_steps_inline" xmlns="http://xmlns.jcp.org/xml/ns/javaee" version="1.0">
${[1, 2, 3]
  .map(
    at => `  <step id="step${at}"${at < 3 ? ` next="step${at + 1}"` : ''}>
    <batchlet ref="simpleBatchlet"/>
    <partition><plan partitions="3"/></partition>
  </step>`
  )
  .join('\n')}
</job>`
