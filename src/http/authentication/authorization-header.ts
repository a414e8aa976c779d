// What an Authorization header says, and whether it can be read at all: the only place that sees a password on its way in.

export type AuthorizationHeader =
  | { readonly kind: 'none' }
  | { readonly kind: 'basic'; readonly user: string; readonly password: string }
  | { readonly kind: 'bearer'; readonly token: string }
  | { readonly kind: 'malformed' }

/** Schemes that nobody here knows count as none: the challenge says which ones there are. */
export function readAuthorization(header: string | undefined): AuthorizationHeader {
  const [, scheme = '', given = ''] = /^\s*([^\s]+)(?:\s+(.*?))?\s*$/s.exec(header ?? '') ?? []
  switch (scheme.toLowerCase()) {
    case 'basic':
      return basic(given)
    case 'bearer':
      return /^[\w.~+/-]+=*$/.test(given) ? { kind: 'bearer', token: given } : { kind: 'malformed' }
    default:
      return { kind: 'none' }
  }
}

/** RFC 7617: the first colon ends the name. */
function basic(given: string): AuthorizationHeader {
  if (!/^[\w+/-]+={0,2}$/.test(given)) return { kind: 'malformed' }
  const text = textOf(Buffer.from(given, 'base64'))
  const colon = text.indexOf(':')
  if (colon === -1) return { kind: 'malformed' }
  return { kind: 'basic', user: text.slice(0, colon), password: text.slice(colon + 1) }
}

/** UTF-8, as our challenge asks for; clients that overlook it send Latin-1. */
function textOf(bytes: Buffer): string {
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes)
  } catch {
    return bytes.toString('latin1')
  }
}
