// Puts users, tokens and certificate together from the settings, before anything listens: what is wrong ends the start.
import { hostname } from 'node:os'
import path from 'node:path'
import type { Logger } from 'pino'
import type { Clock } from '../service/clock.ts'
import { type BearerTokens, createBearerTokens } from './bearer-tokens.ts'
import { type CertificateSource, openCertificate } from './certificate.ts'
import { openKeySet } from './key-set.ts'
import { createPasswords, type Passwords } from './passwords.ts'
import { selfSignedFiles } from './self-signed.ts'
import { openUsersFile } from './users.ts'

/** Names as in the configuration. */
export interface SecuritySettings {
  readonly BATCH_HOST: string
  readonly BATCH_PUBLIC_URL: string | null
  readonly BATCH_DATA_DIR: string
  readonly BATCH_USERS_FILE: string | null
  readonly BATCH_JWT_JWKS: string | null
  readonly BATCH_JWT_ISSUER: string | null
  readonly BATCH_JWT_AUDIENCE: string | null
  readonly BATCH_JWT_USER_CLAIM: string
  readonly BATCH_JWT_ROLES_CLAIM: string
  readonly BATCH_JWT_GROUPS_CLAIM: string
  readonly BATCH_TLS: 'off' | 'self-signed' | 'files'
  readonly BATCH_TLS_CERT: string | null
  readonly BATCH_TLS_KEY: string | null
  readonly BATCH_TLS_KEY_PASSPHRASE: string | null
}

export interface Security {
  /** `null` = no users are configured. */
  readonly authentication: {
    readonly passwords: Passwords | null
    readonly tokens: BearerTokens | null
  } | null
  /** `null` = no TLS. */
  readonly certificate: CertificateSource | null
}

/** Rejects with SecurityError. */
export async function openSecurity(settings: SecuritySettings, log: Logger, clock: Clock): Promise<Security> {
  const passwords = await openPasswords(settings, log, clock)
  const tokens = await openTokens(settings, log, clock)
  const authentication = passwords === null && tokens === null ? null : { passwords, tokens }
  const certificate = await certificateOf(settings, log, clock)
  if (authentication !== null && certificate === null && !settings.BATCH_PUBLIC_URL?.startsWith('https:'))
    log.warn(
      'passwords and tokens travel unencrypted: set BATCH_TLS, or BATCH_PUBLIC_URL to that of a proxy with https'
    )
  return { authentication, certificate }
}

async function openPasswords(
  settings: SecuritySettings,
  log: Logger,
  clock: Clock
): Promise<Passwords | null> {
  const { BATCH_USERS_FILE: file } = settings
  return file === null ? null : await createPasswords(await openUsersFile(file, log, clock), clock)
}

async function openTokens(
  settings: SecuritySettings,
  log: Logger,
  clock: Clock
): Promise<BearerTokens | null> {
  const { BATCH_JWT_JWKS: address, BATCH_JWT_ISSUER: issuer, BATCH_JWT_AUDIENCE: audience } = settings
  if (address === null || issuer === null || audience === null) return null
  const keys = await openKeySet(address, clock, error =>
    log.error(
      { path: address, reason: error.message },
      'the key set cannot be used; the keys of before still are'
    )
  )
  return createBearerTokens({
    issuer,
    audience,
    userClaim: settings.BATCH_JWT_USER_CLAIM,
    rolesClaim: settings.BATCH_JWT_ROLES_CLAIM,
    groupsClaim: settings.BATCH_JWT_GROUPS_CLAIM,
    keys,
    clock
  })
}

async function certificateOf(
  settings: SecuritySettings,
  log: Logger,
  clock: Clock
): Promise<CertificateSource | null> {
  switch (settings.BATCH_TLS) {
    case 'off':
      return null
    case 'files':
      return await openCertificate(
        {
          certFile: settings.BATCH_TLS_CERT!,
          keyFile: settings.BATCH_TLS_KEY!,
          passphrase: settings.BATCH_TLS_KEY_PASSPHRASE
        },
        clock
      )
    case 'self-signed': {
      const files = await selfSignedFiles(path.join(settings.BATCH_DATA_DIR, 'tls'), namesOf(settings), clock)
      log.warn(
        { certificate: files.certFile, made: files.made },
        'the certificate is self-signed: for development only'
      )
      return await openCertificate(files, clock)
    }
  }
}

/** What clients may call this server; a wildcard address is no name. */
function namesOf({ BATCH_HOST: host, BATCH_PUBLIC_URL: url }: SecuritySettings): string[] {
  const names = [hostname(), host, ...(url === null ? [] : [new URL(url).hostname])]
  return names
    .map(name => name.replace(/^\[(.*)\]$/, '$1').toLowerCase())
    .filter(name => !/^(0\.0\.0\.0|::)$/.test(name) && /^[\w.:-]+$/.test(name))
}
