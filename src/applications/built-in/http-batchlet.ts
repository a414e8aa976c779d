// `httpBatchlet`: calls a URL and makes the step's result of the answer.
import type { Batchlet, Injected } from '../../batch/artifacts.ts'
import { checkNames, flagOf, numberOf, type Properties, textOf } from './artifact-properties.ts'
import type { BuiltInSetting } from './built-in-limits.ts'
import { CALL_NAMES, callHTTP, callRules } from './http-call.ts'
import { headersOf } from './http-headers.ts'
import { type HTTPAnswer, HTTPClient, type HTTPRequest } from './http-request.ts'
import { expectedStatuses } from './http-status.ts'
import { checkPointer, valueAt } from './json-pointer.ts'
import { shownURL } from './url-rules.ts'

const NAMES = [
  'url',
  'method',
  'headers',
  'body',
  'expectedStatus',
  'exitStatus',
  'idempotent',
  'logResponse',
  'maxResponseBytes',
  ...CALL_NAMES
]

/** RFC 9110 §9.2.2. */
const IDEMPOTENT = new Set(['GET', 'HEAD', 'OPTIONS', 'PUT', 'DELETE'])

const IDEMPOTENCY_KEY = 'idempotency-key'

/** Characters of an answer in the log and in an error. */
const SHOWN = 2000

export function httpBatchlet(setting: BuiltInSetting): new (injected: Injected) => Batchlet {
  return class HTTPBatchlet implements Batchlet {
    readonly #injected: Injected

    constructor(injected: Injected) {
      this.#injected = injected
    }

    /** The exit status: none, the status code, or what stands in the answer. */
    async process(): Promise<string | undefined> {
      const { log, properties } = this.#injected
      checkNames('httpBatchlet', properties, NAMES)
      const expected = expectedStatuses(properties['expectedStatus'])
      const exitStatus = exitStatusRule(properties)
      const request = requestOf(this.#injected)
      const show = flagOf(properties, 'logResponse', true)
      const client = new HTTPClient(setting)
      const began = performance.now()
      try {
        const call = {
          client,
          request,
          rules: callRules(properties),
          idempotent: flagOf(properties, 'idempotent', null) ?? IDEMPOTENT.has(request.method),
          bytes: numberOf(properties, 'maxResponseBytes', { min: 0, max: 2 ** 28, absent: 2 ** 20 }),
          wanted: expected
        }
        const answer = await callHTTP(call, this.#injected)
        const took = Math.round(performance.now() - began)
        const what = `${request.method} ${shownURL(request.url)} answered ${answer.status}`
        log.info(`${what} after ${took} ms${show && answer.text !== '' ? `: ${shortened(answer)}` : '.'}`)
        if (!expected(answer.status))
          throw new Error(
            `${what}, and expected was ${properties['expectedStatus'] ?? '2xx'}${show && answer.text !== '' ? `: ${shortened(answer)}` : '.'}`
          )
        return exitStatus(answer)
      } finally {
        await client.close()
      }
    }
  }
}

function requestOf(injected: Injected): HTTPRequest {
  const { properties } = injected
  const body = properties['body'] ?? null
  const method = (properties['method'] ?? (body === null ? 'GET' : 'POST')).toUpperCase()
  if (!/^(GET|HEAD|OPTIONS|PUT|DELETE|POST|PATCH)$/.test(method))
    throw new Error('The property method must be one of GET, HEAD, OPTIONS, PUT, DELETE, POST and PATCH.')
  if (body !== null && (method === 'GET' || method === 'HEAD'))
    throw new Error(`A ${method} request has no body.`)
  const headers: Record<string, string> = { ...headersOf(properties) }
  if (body !== null)
    headers['content-type'] ??= isJSON(body) ? 'application/json' : 'text/plain; charset=utf-8'
  if (method === 'POST' || method === 'PATCH') headers[IDEMPOTENCY_KEY] ??= stepKey(injected)
  return { url: textOf(properties, 'url'), method, headers, body }
}

/** The same in each execution of the instance: a server that knows the header does what a restart repeats only once. */
function stepKey({ jobContext, stepContext, partitionNumber }: Injected): string {
  const step = encodeURIComponent(stepContext.stepName)
  const partition = partitionNumber === null ? '' : `/${partitionNumber}`
  return `${jobContext.instanceId}/${step}${partition}`
}

/** `status`, or a JSON pointer into the answer. */
function exitStatusRule(properties: Properties): (answer: HTTPAnswer) => string | undefined {
  const rule = properties['exitStatus']
  if (rule === undefined) return () => undefined
  if (rule === 'status') return answer => String(answer.status)
  checkPointer('exitStatus', rule)
  return answer => {
    if (!answer.complete)
      throw new Error('The answer is longer than maxResponseBytes, and its exit status cannot be looked up.')
    const value = valueAt(documentIn(answer), rule)
    if (typeof value !== 'string' && typeof value !== 'number' && typeof value !== 'boolean')
      throw new Error(`The answer has no exit status at ${rule}.`)
    return String(value)
  }
}

/** @throws Error */
function documentIn({ text }: HTTPAnswer): unknown {
  try {
    return JSON.parse(text) as unknown
  } catch (cause) {
    throw new Error('The answer is no JSON.', { cause })
  }
}

function isJSON(text: string): boolean {
  try {
    JSON.parse(text)
    return true
  } catch {
    return false
  }
}

/** On one line: an answer must not write lines of the log that nobody wrote. */
function shortened({ text, complete }: HTTPAnswer): string {
  const shown = text.slice(0, SHOWN).toWellFormed()
  // oxlint-disable-next-line no-control-regex -- control characters are what is looked for
  const line = shown.replace(/[\x00-\x1f\x7f-\x9f\u2028\u2029]+/g, ' ')
  return text.length <= SHOWN && complete ? line : `${line} …`
}
