// A whole server whose clock runs, with a quick and a sleepy definition, as the tests of firing and of maintenance want it.
import { buildApp, type TestApp } from '../support/build-app.ts'
import type { Teardown } from '../support/database.ts'
import { until } from '../support/until.ts'
import { clientOf, quickDefinition, sleepyDefinition } from '../http/schedules/scheduling-client.ts'

export interface DecisionJson {
  readonly nominalTime: string
  readonly decision: string
  readonly reason: string | null
  readonly instanceId: number | null
}

export const EVERY_SECOND = { cron: '* * * * * *' }

export interface ClockedServer {
  readonly app: TestApp
  readonly client: ReturnType<typeof clientOf>
  /** Makes a schedule and switches it on. */
  activated(name: string, more: object): Promise<void>
  decisions(name: string): Promise<DecisionJson[]>
  /** Waits for so many decisions of this kind; all of them. */
  some(name: string, what: Partial<DecisionJson>, count: number): Promise<DecisionJson[]>
  /** Stops every job that runs. */
  stopAll(): Promise<void>
}

export async function clockedServer(t: Teardown): Promise<ClockedServer> {
  const app = await buildApp(t)
  const client = clientOf(app)
  const { get, post } = client
  await quickDefinition(client)
  await sleepyDefinition(client, 'sleepy')

  const decisions = async (name: string): Promise<DecisionJson[]> =>
    (await get(`/schedules/${name}/decisions?limit=1000`)).json.items

  return {
    app,
    client,
    decisions,
    async activated(name, more) {
      const created = await post('/schedules', { name, timeZone: 'UTC', ...more })
      if (created.status !== 201) throw new Error(created.text)
      const active = await post(`/schedules/${name}/activate`)
      if (active.status !== 200) throw new Error(active.text)
    },
    async some(name, what, count) {
      return await until(`${count} × ${JSON.stringify(what)} of ${name}`, async () => {
        const found = (await decisions(name)).filter(each =>
          Object.entries(what).every(([key, value]) => each[key as keyof DecisionJson] === value)
        )
        return found.length >= count ? found : null
      })
    },
    async stopAll() {
      const url = '/ibm/api/batch/jobinstances'
      const running = await app.http.inject({
        method: 'GET',
        url: `${url}?instanceState=DISPATCHED,SUBMITTED`
      })
      for (const { instanceId } of running.json<{ instanceId: number }[]>())
        await app.http.inject({ method: 'PUT', url: `${url}/${instanceId}?action=stop` })
    }
  }
}
