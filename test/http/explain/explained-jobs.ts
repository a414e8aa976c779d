// Jobs that sleep until they are stopped, and what is explained of them, on a server in the test's process.
import type { TestApp } from '../../support/build-app.ts'
import { until } from '../../support/until.ts'

export const INSTANCES = '/ibm/api/batch/jobinstances'

export function jobsOf({ http }: TestApp, headers: Readonly<Record<string, string>> = {}) {
  const ask = async (method: 'GET' | 'POST' | 'PUT', url: string, payload?: object) => {
    const answer = await http.inject({ method, url, headers, ...(payload ? { payload } : {}) })
    return { status: answer.statusCode, json: answer.json() }
  }
  return {
    ask,
    explain: async (id: number) => (await ask('GET', `/api/v1/explain/instances/${id}`)).json,
    /** Sleeps until it is stopped. */
    async sleeper(
      properties: Readonly<Record<string, string>> = {},
      jobParameters: Readonly<Record<string, string>> = {}
    ) {
      const all = Object.entries(properties).map(
        ([name, value]) => `<property name="${name}" value="${value}"/>`
      )
      const jobXML = `<job id="sleeper" xmlns="http://xmlns.jcp.org/xml/ns/javaee" version="1.0"><properties>${all.join('')}</properties>
        <step id="s"><batchlet ref="sleepyBatchlet"><properties><property name="sleep.time.seconds" value="300"/></properties></batchlet></step></job>`
      const { status, json } = await ask('POST', INSTANCES, {
        applicationName: 'SimpleBatchJob',
        jobXML,
        jobParameters
      })
      if (status !== 201) throw new Error(JSON.stringify(json))
      return json.instanceId as number
    },
    async runs(id: number) {
      await until(
        `${id} runs`,
        async () => (await ask('GET', `${INSTANCES}/${id}`)).json.batchStatus === 'STARTED'
      )
    },
    stop: async (id: number) => await ask('PUT', `${INSTANCES}/${id}?action=stop`)
  }
}
