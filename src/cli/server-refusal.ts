// An answer that says no: its sentence for people, its status and code for scripts.
import { CliError, EXIT } from './cli-error.ts'
import { printable } from './printable.ts'

/** Characters of an error page that are shown. */
const LONGEST = 4000

export class ServerRefusal extends CliError {
  readonly status: number
  /** As Liberty's client: an unknown instance is told without anything around it. */
  readonly isNoSuchInstance: boolean
  /** By a server of this project, whose submit heeds an Idempotency-Key. */
  readonly isOurs: boolean

  constructor(status: number, request: string, body: string) {
    const problem = problemOf(body)
    const text = printable(problem?.detail ?? body.trim()).slice(0, LONGEST)
    const isNoSuchInstance = body.includes('CWWKY0151E')
    super(
      isNoSuchInstance ? EXIT.noSuchInstance : EXIT.failed,
      isNoSuchInstance
        ? text
        : `The server answered ${status} to ${request}${text === '' ? '.' : `: ${text}`}`,
      { details: { status, ...(problem?.code === undefined ? {} : { code: problem.code }) } }
    )
    this.name = 'ServerRefusal'
    this.status = status
    this.isNoSuchInstance = isNoSuchInstance
    this.isOurs = problem?.type?.startsWith('urn:batchyard:error:') ?? false
  }
}

/** RFC 9457, if it is that: other servers send text or HTML. */
function problemOf(body: string): { type?: string; detail?: string; code?: string } | null {
  try {
    const { type, detail, code } = JSON.parse(body) as Record<string, unknown>
    return {
      ...(typeof type === 'string' ? { type } : {}),
      ...(typeof detail === 'string' ? { detail } : {}),
      ...(typeof code === 'string' ? { code } : {})
    }
  } catch {
    // No JSON: shown as it is.
    return null
  }
}
