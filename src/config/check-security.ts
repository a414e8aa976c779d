// What of the security settings belongs together: half a configuration of tokens or TLS is refused, not guessed.
import path from 'node:path'

export interface SecuritySettings {
  readonly BATCH_HOST: string
  readonly BATCH_USERS_FILE: string | null
  readonly BATCH_JWT_JWKS: string | null
  readonly BATCH_JWT_ISSUER: string | null
  readonly BATCH_JWT_AUDIENCE: string | null
  readonly BATCH_OPERATION_GROUPS: Readonly<Record<string, string>> | null
  readonly BATCH_SECRET_PARAMETERS: readonly string[] | null
  readonly BATCH_TLS: 'off' | 'self-signed' | 'files'
  readonly BATCH_TLS_CERT: string | null
  readonly BATCH_TLS_KEY: string | null
  readonly BATCH_TLS_KEY_PASSPHRASE: string | null
  readonly BATCH_HTTP_PORT: number | null
}

const LOOPBACK = /^(127(\.\d{1,3}){3}|localhost|::1|\[::1\])$/

export function checkSecurity(values: SecuritySettings, problems: string[]): void {
  const { BATCH_HOST: host, BATCH_USERS_FILE: users, BATCH_JWT_JWKS: keys } = values
  if (!LOOPBACK.test(host) && users === null && keys === null)
    problems.push(
      `BATCH_HOST: ${host} would offer the server to others, and no users are configured; use 127.0.0.1, or set BATCH_USERS_FILE or BATCH_JWT_JWKS`
    )
  checkTokens(values, problems)
  checkGroups(values.BATCH_OPERATION_GROUPS ?? {}, problems)
  for (const word of values.BATCH_SECRET_PARAMETERS ?? [])
    if (plainWord(word) === '')
      problems.push(`BATCH_SECRET_PARAMETERS: ${word} has no letter or digit, so every name would contain it`)
  checkTls(values, problems)
}

/** As it is compared: what separates words of a name does not count. */
export function plainWord(word: string): string {
  return word.toLowerCase().replaceAll(/[-_. ]/g, '')
}

/** A URL as it is; else a file, absolute. */
export function keySetAddress(given: string | null, workingDirectory: string): string | null {
  return given === null || /^https?:/i.test(given) ? given : path.resolve(workingDirectory, given)
}

function checkTokens(values: SecuritySettings, problems: string[]): void {
  const { BATCH_JWT_JWKS: keys } = values
  for (const key of ['BATCH_JWT_ISSUER', 'BATCH_JWT_AUDIENCE'] as const) {
    if (keys !== null && values[key] === null)
      problems.push(`${key}: it is needed beside BATCH_JWT_JWKS, or tokens made for others would be taken`)
    if (keys === null && values[key] !== null)
      problems.push(`${key}: it means nothing without BATCH_JWT_JWKS`)
  }
  if (keys === null || !/^https?:/i.test(keys)) return
  const url = URL.canParse(keys) ? new URL(keys) : null
  if (url === null) problems.push('BATCH_JWT_JWKS: it is no URL')
  else if (url.protocol === 'http:' && !LOOPBACK.test(url.hostname))
    problems.push('BATCH_JWT_JWKS: over http anybody on the way could put in keys of his own; use https')
}

function checkGroups(groups: Readonly<Record<string, string>>, problems: string[]): void {
  for (const name of Object.keys(groups))
    if (name !== '*' && !/^(application|job):./.test(name))
      problems.push(`BATCH_OPERATION_GROUPS: ${name} must be *, or begin with application: or job:`)
}

function checkTls(values: SecuritySettings, problems: string[]): void {
  const { BATCH_TLS: tls, BATCH_TLS_CERT: cert, BATCH_TLS_KEY: key } = values
  if (tls === 'files') {
    if (cert === null) problems.push('BATCH_TLS_CERT: BATCH_TLS=files needs the file of a certificate')
    if (key === null) problems.push('BATCH_TLS_KEY: BATCH_TLS=files needs the file of a private key')
  } else {
    for (const name of ['BATCH_TLS_CERT', 'BATCH_TLS_KEY', 'BATCH_TLS_KEY_PASSPHRASE'] as const)
      if (values[name] !== null)
        problems.push(`${name}: it means nothing with BATCH_TLS=${tls}; set BATCH_TLS=files`)
  }
  if (tls === 'off' && values.BATCH_HTTP_PORT !== null)
    problems.push('BATCH_HTTP_PORT: without TLS BATCH_PORT is the port for HTTP')
}
