// Asks another server of the same database over its REST API, in the name of who asks here: for what lies on its disk.
import type { Readable } from 'node:stream'
import type { Dispatcher } from 'undici'
import { BatchError } from '../../batch/batch-error.ts'
import type { AskServers, OtherServer } from '../../operator/other-servers.ts'
import type { HttpApp } from '../http-app.ts'

const CONNECT_MS = 5000
/** Until the answer begins, and between two pieces of it while it is read. */
const ANSWER_MS = 30_000
/** To one server at a time: a purge of many asks once for each. */
const CONNECTIONS = 8

/** Closed with the app. `authorization`: the caller's own header, so that the other server decides what he may. */
export function createAskServers(app: HttpApp): (authorization: string | undefined) => AskServers {
  let client: ReturnType<typeof loadClient> | null = null
  app.addHook('onClose', async () => {
    await (await client)?.agent.destroy()
  })

  return authorization => {
    const ask = async (
      server: OtherServer,
      method: 'GET' | 'DELETE',
      path: string
    ): Promise<Dispatcher.ResponseData> => {
      // localOnly: that server answers with what it has itself, so that nobody is asked in a circle.
      const url = `${server.restUrl}${path}${path.includes('?') ? '&' : '?'}localOnly=true`
      const { agent, request } = await (client ??= loadClient())
      try {
        return await request(url, {
          dispatcher: agent,
          method,
          headers: authorization === undefined ? {} : { authorization }
        })
      } catch (error) {
        throw unreachable(server, reasonOf(error), error)
      }
    }

    return {
      async checkLog(server, executionId) {
        const answer = await ask(server, 'GET', `/jobexecutions/${executionId}/joblogs`)
        await answer.body.dump()
        if (answer.statusCode !== 200) throw unreachable(server, `it answered ${answer.statusCode}`)
      },
      async openPart(server, executionId, part) {
        const path = `/jobexecutions/${executionId}/joblogs?type=text&part=${encodeURIComponent(part)}`
        const answer = await ask(server, 'GET', path)
        if (answer.statusCode === 200) return answer.body as Readable
        await answer.body.dump()
        if (answer.statusCode === 404) return null
        throw unreachable(server, `it answered ${answer.statusCode}`)
      },
      async deleteJobLogs(server, instanceId) {
        const answer = await ask(server, 'DELETE', `/jobinstances/${instanceId}/joblogs`)
        await answer.body.dump()
        if (answer.statusCode !== 200) throw unreachable(server, `it answered ${answer.statusCode}`)
      }
    }
  }
}

/** A server alone never needs it, and its loading is a twelfth of the time of a start. */
async function loadClient() {
  const { Agent, request } = await import('undici')
  const agent = new Agent({
    connect: { timeout: CONNECT_MS },
    connections: CONNECTIONS,
    headersTimeout: ANSWER_MS,
    bodyTimeout: ANSWER_MS
  })
  return { agent, request }
}

function unreachable({ serverId, restUrl }: OtherServer, why: string, cause?: unknown): BatchError {
  return new BatchError('ServerUnreachable', [serverId, restUrl, why], { cause })
}

/** `connect ECONNREFUSED 127.0.0.1:9080`; of several addresses tried, the errors are inside. */
function reasonOf(error: unknown): string {
  if (error instanceof AggregateError && error.errors.length > 0) return reasonOf(error.errors[0])
  return error instanceof Error && error.message !== '' ? error.message : String(error)
}
