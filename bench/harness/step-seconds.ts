// How long the one step of a job took, by the database's own clock: what a client sees includes how often it asks.
import { setTimeout as delay } from 'node:timers/promises'
import { followToCompleted, submit } from './bench-job.ts'
import { query } from './bench-postgres.ts'
import { openHttpConnection } from './http-connection.ts'

/** Submits the job, follows it to COMPLETED and gives its step's seconds and commits. */
export async function runStep(
  server: { readonly url: string; readonly databaseUrl: string },
  jobXMLName: string,
  jobParameters: Readonly<Record<string, string>>
): Promise<{ readonly seconds: number; readonly commits: number }> {
  const http = await openHttpConnection(server.url)
  try {
    const instanceId = await submit(http, jobXMLName, jobParameters)
    await followToCompleted(http, instanceId, 50)
    // Its thread is idle again.
    await delay(20)
    const [step] = await query<{ seconds: number; commits: number }>(
      server.databaseUrl,
      `select extract(epoch from end_time - start_time)::float8 as seconds, commit_count::int as commits
       from batchyard.step_execution where instance_id = $1`,
      [instanceId]
    )
    return step!
  } finally {
    http.close()
  }
}
