// The headers property of the HTTP artifacts; without its checks a header would name another host than the URL that was allowed, or a password would be in the error about it.
import { type Properties, textsOf } from './artifact-properties.ts'

/** What belongs to the connection, or would make a server take the request for one to another host. */
const OURS = new Set([
  'host',
  'connection',
  'content-length',
  'expect',
  'keep-alive',
  'te',
  'trailer',
  'transfer-encoding',
  'upgrade'
])

/** By lower-case name. @throws Error that names the header, never its value */
export function headersOf(properties: Properties): Readonly<Record<string, string>> {
  const headers: Record<string, string> = {}
  for (const [given, value] of Object.entries(textsOf(properties, 'headers'))) {
    const name = given.toLowerCase()
    if (!/^[!#$%&'*+.^_`|~0-9a-z-]+$/.test(name))
      throw new Error(`The property headers has a name that no header may have: ${given.slice(0, 100)}`)
    if (OURS.has(name)) throw new Error(`The header ${name} cannot be given: it belongs to the connection.`)
    // RFC 9110 §5.5; beyond Latin-1 nothing can be sent.
    if (!/^[\t\x20-\x7e\x80-\xff]*$/.test(value))
      throw new Error(`The value of the header ${name} has characters that no header may have.`)
    headers[name] = value.trim()
  }
  return headers
}
