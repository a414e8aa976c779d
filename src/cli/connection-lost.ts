// What can go wrong between here and a server, told apart by the one question that matters: may the request have arrived?
import { CliError, EXIT } from './cli-error.ts'

/** No answer from any server that was tried. */
export class ConnectionLost extends CliError {
  /** False: it was certainly not sent, so sending it elsewhere cannot do anything twice. */
  readonly mayHaveArrived: boolean

  constructor(message: string, mayHaveArrived: boolean, options: ErrorOptions = {}) {
    super(EXIT.failed, message, options)
    this.name = 'ConnectionLost'
    this.mayHaveArrived = mayHaveArrived
  }
}

/** These happen before the first byte of a request is written; whatever is not listed may have come later. */
const NOT_SENT: ReadonlySet<string> = new Set([
  'ECONNREFUSED',
  'ENOTFOUND',
  'EAI_AGAIN',
  'EHOSTUNREACH',
  'ENETUNREACH',
  'ENETDOWN',
  'EADDRNOTAVAIL',
  'UND_ERR_CONNECT_TIMEOUT'
])

/** OpenSSL's names for a certificate that cannot be followed to one that is trusted. */
const UNTRUSTED: ReadonlySet<string> = new Set([
  'DEPTH_ZERO_SELF_SIGNED_CERT',
  'SELF_SIGNED_CERT_IN_CHAIN',
  'UNABLE_TO_VERIFY_LEAF_SIGNATURE',
  'UNABLE_TO_GET_ISSUER_CERT',
  'UNABLE_TO_GET_ISSUER_CERT_LOCALLY'
])

/** `error`: what the HTTP client threw for a request to this server. */
export function connectionLost(error: unknown, target: URL): ConnectionLost {
  const { code = '', message } = error as { code?: string; message: string }
  const lost = (why: string, mayHaveArrived: boolean) =>
    new ConnectionLost(`${target.origin}: ${why}`, mayHaveArrived, { cause: error })
  if (UNTRUSTED.has(code))
    return lost(
      `its certificate is not trusted (${code}). Add its authority by NODE_EXTRA_CA_CERTS=file; --trustSslCertificates accepts any, and with it any impostor`,
      false
    )
  if (code === 'ERR_TLS_CERT_ALTNAME_INVALID')
    return lost(`its certificate is for another host (${message})`, false)
  if (code === 'CERT_HAS_EXPIRED') return lost('its certificate has expired', false)
  if (code === 'EPROTO' || code.startsWith('ERR_SSL_'))
    return lost(`no TLS connection (${code}); a server without TLS is written http://${target.host}`, false)
  if (code.startsWith('CERT_')) return lost(`its certificate is not valid (${code})`, false)
  return lost(message || code, !NOT_SENT.has(code))
}
