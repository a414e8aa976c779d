// One HTTP request for each object, to addresses of the server's allow-list (BATCH_INLINE_URLS).
import type { BulkOperation, BulkOutcome, BulkTask } from '../../batch/bulk-operation.ts'
import { failed } from './failure.ts'

const TIMEOUT_SECONDS = 30
const LONGEST_MESSAGE = 300

/** Statuses that pass by themselves. */
function passes(status: number): boolean {
  return status === 408 || status === 425 || status === 429 || status >= 500
}

/**
 * Properties: `url` (in which `{bucket}`, `{key}`, `{versionId}` and names of the manifest's own fields stand for the object's, URL-
 * encoded), `method` (GET), `headers` (a JSON object), `body` (the same names, escaped as in JSON), `timeoutSeconds` (30). 2xx is a
 * success; redirects are not followed. What may pass is tried again, so a POST may come twice.
 */
export const httpRequest: BulkOperation = {
  async execute(task) {
    const { url: template, method = 'GET', body, timeoutSeconds = String(TIMEOUT_SECONDS) } = task.properties
    if (template === undefined) return failed('InvalidArgument', 400, 'The property url is missing.')
    let url: URL
    try {
      url = task.reach.url(filled(task, template, encodeURIComponent))
    } catch (error) {
      return failed('AccessDenied', 403, (error as Error).message)
    }
    const headers = headersOf(task.properties['headers'])
    if (headers === null)
      return failed('InvalidArgument', 400, 'The property headers is no JSON object of strings.')
    const signal = AbortSignal.any([
      task.signal,
      AbortSignal.timeout((Number(timeoutSeconds) || TIMEOUT_SECONDS) * 1000)
    ])
    try {
      const response = await fetch(url, {
        method,
        headers,
        redirect: 'manual',
        signal,
        ...(body === undefined ? {} : { body: filled(task, body, text => JSON.stringify(text).slice(1, -1)) })
      })
      const says = await beginOf(response)
      if (response.ok) return { outcome: 'Succeeded', httpStatus: response.status, message: says }
      return {
        outcome: passes(response.status) ? 'TemporaryFailure' : 'PermanentFailure',
        code: `HTTP${response.status}`,
        httpStatus: response.status,
        message: says
      }
    } catch (error) {
      return unreached(error as Error)
    }
  }
}

function filled(task: BulkTask, template: string, encode: (text: string) => string): string {
  const { bucket, key, versionId, fields } = task
  const values: Record<string, string> = { ...fields, bucket, key, versionId: versionId ?? '' }
  return template.replaceAll(/\{([^{}]+)\}/g, (whole, name: string) =>
    Object.hasOwn(values, name) ? encode(values[name]!) : whole
  )
}

function headersOf(given = '{}'): Record<string, string> | null {
  try {
    const headers: unknown = JSON.parse(given)
    const isObject = typeof headers === 'object' && headers !== null && !Array.isArray(headers)
    if (!isObject || !Object.values(headers).every(value => typeof value === 'string')) return null
    return headers as Record<string, string>
  } catch {
    return null
  }
}

/** Reads no more than it shows. */
async function beginOf(response: Response): Promise<string> {
  const decoder = new TextDecoder()
  let text = ''
  for await (const bytes of response.body ?? []) {
    text += decoder.decode(bytes as Uint8Array, { stream: true })
    if (text.length >= LONGEST_MESSAGE) break
  }
  return text.slice(0, LONGEST_MESSAGE).trim()
}

function unreached({ name, message, cause }: Error): BulkOutcome {
  const code = name === 'TimeoutError' ? 'Timeout' : 'Unreachable'
  const why = cause instanceof Error ? `${message} (${cause.message})` : message
  return { outcome: 'TemporaryFailure', code, message: why }
}
