// What --batchManager names: the servers a command may talk to, and no others.
import { CliError, EXIT } from './cli-error.ts'

/** Where a server of this project listens unless it is told otherwise. */
export const DEFAULT_TARGET = 'http://127.0.0.1:9080'

const CONTEXT = '/ibm/api/batch'

/** The URLs of the batch API of each server, without a last slash; https as the product's client, unless http is written. */
export function targetsOf(batchManager: string): readonly URL[] {
  return batchManager.split(',').map(text => targetOf(text.trim()))
}

function targetOf(text: string): URL {
  const written = /^https?:\/\//i.test(text) ? text : `https://${text}`
  const parsed = URL.canParse(written) ? new URL(written) : null
  // Without this check a mistyped scheme would be taken for a host.
  if (text === '' || parsed === null || text.replace(/^https?:\/\//i, '').includes('://'))
    throw new CliError(
      EXIT.badValue,
      `--batchManager: ${text || 'nothing'} is not host:port or http://host:port.`
    )
  if (parsed.username !== '' || parsed.password !== '')
    throw new CliError(EXIT.badValue, '--batchManager: name and password are given by --user and --password.')
  if (parsed.search !== '' || parsed.hash !== '')
    throw new CliError(EXIT.badValue, `--batchManager: ${text} has more than host, port and path.`)
  return new URL(
    `${parsed.origin}${parsed.pathname.replace(/\/+$/, '').replace(/\/ibm\/api\/batch$/, '')}${CONTEXT}`
  )
}

/** Of a server whose batch API this is: what is its own, without a last slash. */
export function systemUrlOf(target: URL): string {
  return `${target.href.slice(0, -CONTEXT.length)}/api/v1`
}

/**
 * Where a 302 leads: the batch API of the server that has the job. Only to hosts that the user named, and never from https
 * to http: whoever answers could otherwise send the password anywhere.
 *
 * @throws CliError 255 saying what to add to --batchManager.
 */
export function redirectTarget(location: string | null, from: URL, targets: readonly URL[]): URL {
  const absolute = location !== null && URL.canParse(location, from) ? new URL(location, from) : null
  const end = absolute?.pathname.indexOf(CONTEXT) ?? -1
  if (absolute === null || end === -1 || !/^https?:$/.test(absolute.protocol))
    throw new CliError(
      EXIT.failed,
      `${from.origin} redirects to ${location ?? 'nowhere'}, which is no batch server.`
    )
  const named = [from, ...targets].some(({ hostname }) => hostname === absolute.hostname)
  if (!named)
    throw new CliError(
      EXIT.failed,
      `${from.origin} redirects to ${absolute.origin}, which --batchManager does not name: add it there, if it is one of yours.`
    )
  if (from.protocol === 'https:' && absolute.protocol === 'http:')
    throw new CliError(EXIT.failed, `${from.origin} redirects to ${absolute.origin}, which is not encrypted.`)
  return new URL(`${absolute.origin}${absolute.pathname.slice(0, end)}${CONTEXT}`)
}
