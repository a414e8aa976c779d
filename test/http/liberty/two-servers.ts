// Two servers with users on one database, each with job logs of its own: what one is asked of the other's work.
import { mkdir, rename } from 'node:fs/promises'
import path from 'node:path'
import type { Test } from 'tap'
import type { JobExecutionView } from '../../../src/http/liberty/view/job-execution.ts'
import { rows } from '../../../src/store/database.ts'
import { buildApp, type TestApp } from '../../support/build-app.ts'
import { until } from '../../support/until.ts'
import { as, writeUsersFile } from '../../support/users.ts'
import { BATCH } from './real-app.ts'

export interface Ran {
  readonly instanceId: number
  readonly executionId: number
  /** The server that ran it, and the one that did not. */
  readonly owner: TestApp
  readonly other: TestApp
  /** Its log's folder, relative to the root. */
  readonly logPath: string
}

export interface TwoServers {
  readonly servers: readonly [TestApp, TestApp]
  call(
    app: TestApp,
    method: 'GET' | 'PUT' | 'DELETE' | 'POST',
    url: string,
    user?: string
  ): ReturnType<typeof inject>
  /** Submitted by bob, once it has one of these batch statuses and its log is indexed. */
  run(
    job: string | { readonly jobXML: string },
    parameters: Readonly<Record<string, string>>,
    ...statuses: string[]
  ): Promise<Ran>
  /** Makes the part of a log lie with the other server, as if it had written it. */
  moveToOther(ran: Ran, part: string): Promise<void>
}

const inject = (
  app: TestApp,
  method: 'GET' | 'PUT' | 'DELETE' | 'POST',
  url: string,
  user = 'bob',
  payload?: object
) =>
  app.http.inject({
    method,
    url: `${BATCH}${url}`,
    headers: as(user),
    ...(payload === undefined ? {} : { payload })
  })

/** `more`: settings of both; `ofSecond`: of the second alone. */
export async function twoServers(
  t: Test,
  more: Readonly<Record<string, string>> = {},
  ofSecond: Readonly<Record<string, string>> = {}
): Promise<TwoServers> {
  const settings = { BATCH_USERS_FILE: await writeUsersFile(t.testdir()), ...more }
  const first = await buildApp(t, { ...settings, BATCH_SERVER_ID: 'first' })
  const second = await buildApp(t, {
    ...settings,
    BATCH_DATABASE_URL: first.database.url,
    BATCH_SERVER_ID: 'second',
    ...ofSecond
  })
  const servers = [first, second] as const
  const { db } = first.database

  return {
    servers,
    call: inject,
    async run(job, jobParameters, ...statuses) {
      const source = typeof job === 'string' ? { jobXMLName: job } : job
      const submitted = await inject(first, 'POST', '/jobinstances', 'bob', {
        applicationName: 'SimpleBatchJob',
        jobParameters,
        ...source
      })
      const { instanceId } = submitted.json<{ instanceId: number }>()
      const execution = await until(`job instance ${instanceId} is ${statuses.join(' or ')}`, async () => {
        const [newest] = (await inject(first, 'GET', `/jobinstances/${instanceId}/jobexecutions`)).json<
          JobExecutionView[]
        >()
        return newest !== undefined && statuses.includes(newest.batchStatus) ? newest : null
      })
      const { executionId } = execution
      const isSecond = execution.serverId.endsWith('/second')
      const [owner, other] = isSecond ? [second, first] : [first, second]
      const logPath = await until('its log is indexed', async () => {
        const [row] = await rows<{ logPath: string }>(
          db,
          `select e.log_path as "logPath" from job_execution e join job_log_part p using (execution_id)
          where execution_id = :executionId and p.path = e.log_path || 'part.1.log'`,
          { executionId }
        )
        return row?.logPath
      })
      return { instanceId, executionId, owner, other, logPath }
    },
    async moveToOther({ executionId, owner, other, logPath }, part) {
      const [from, to] = [owner, other].map(app => path.join(app.directory, 'joblogs', logPath, part))
      await mkdir(path.dirname(to!), { recursive: true })
      await rename(from!, to!)
      const moved = await until('the part is indexed', async () => {
        const found = await rows(
          db,
          `update job_log_part p set server_id = n.server_id from incarnation n
          where n.server_id like :server and p.execution_id = :executionId and p.path = :path returning p.path`,
          { executionId, path: `${logPath}${part}`, server: other === second ? '%/second' : '%/first' }
        )
        return found.length === 1
      })
      if (!moved) throw new Error('not reached')
    }
  }
}
