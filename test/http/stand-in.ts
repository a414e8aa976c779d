// An operator of answers given by the test, and an app around it: for what is decided in http/ alone, before the operator.
import { createHttp, type HttpOptions } from '../../src/http/app.ts'
import type { HttpApp } from '../../src/http/http-app.ts'
import type { JobOperator } from '../../src/operator/job-operator.ts'
import '../support/contract.ts'

/** What was asked of the operator: the method's name, then its arguments. */
export type Asked = [string, ...unknown[]][]

export interface StandIn {
  readonly http: HttpApp
  readonly asked: Asked
}

/** Methods the test gives no answer for fail, so that the app answers 500. */
export function standIn(answers: Partial<JobOperator> = {}, options: Partial<HttpOptions> = {}): StandIn {
  const asked: Asked = []
  const operator = new Proxy({} as JobOperator, {
    get:
      (_target, name: keyof JobOperator) =>
      async (...args: unknown[]) => {
        asked.push([name, ...args])
        const answer = answers[name] as ((...some: unknown[]) => Promise<unknown>) | undefined
        if (!answer) throw new Error(`the operator was not expected to be asked for ${name}`)
        return answer(...args)
      }
  })
  const http = createHttp({
    operator,
    watchEvents: () => {
      throw new Error('nobody was expected to watch events')
    },
    log: false,
    readiness: () => ({ ready: true, reason: 'the server is ready' }),
    address: 'http://127.0.0.1:9080',
    publicUrl: null,
    timeZone: 'UTC',
    jobLogDir: '/var/batch/joblogs',
    localOnly: false,
    ...options
  })
  return { http, asked }
}
