// The keys of whoever issues tokens, from a URL or from a file: fetched when one is needed, and again when one is not among them.
import { createLocalJWKSet, createRemoteJWKSet, errors, type JSONWebKeySet, type JWTVerifyGetKey } from 'jose'
import type { Clock } from '../service/clock.ts'
import { SecurityError } from './security-error.ts'
import { watchFile } from './watched-file.ts'

/** The keys cannot be had at the moment: a token is neither right nor wrong. */
export class KeysAway extends Error {
  override readonly name = 'KeysAway'
}

const FETCH_TIMEOUT_MS = 5000
/** Tokens with made-up key ids must not make us ask more often than this. */
const ASK_AGAIN_MS = 30_000
/** Within this time a key that was withdrawn is forgotten. */
const KEPT_MS = 600_000

/** What a token may be wrong about; everything else that goes wrong is the key set's fault. */
const TOKEN_FAULTS = [errors.JWKSNoMatchingKey, errors.JWKSMultipleMatchingKeys, errors.JOSENotSupported]

/** `address`: an http or https URL, or an absolute path. Rejects with SecurityError for a file that cannot be used. */
export async function openKeySet(
  address: string,
  clock: Clock,
  onFailure: (error: Error) => void
): Promise<JWTVerifyGetKey> {
  if (!/^https?:/i.test(address)) return await keySetOfFile(address, clock, onFailure)
  const keys = createRemoteJWKSet(new URL(address), {
    timeoutDuration: FETCH_TIMEOUT_MS,
    cooldownDuration: ASK_AGAIN_MS,
    cacheMaxAge: KEPT_MS
  })
  return async (header, token) => {
    try {
      return await keys(header, token)
    } catch (error) {
      if (TOKEN_FAULTS.some(fault => error instanceof fault)) throw error
      throw new KeysAway('the keys that sign tokens cannot be fetched', { cause: error })
    }
  }
}

async function keySetOfFile(
  path: string,
  clock: Clock,
  onFailure: (error: Error) => void
): Promise<JWTVerifyGetKey> {
  try {
    const file = await watchFile({
      path,
      clock,
      parse: content => createLocalJWKSet(JSON.parse(content.toString('utf8')) as JSONWebKeySet),
      onChange: () => undefined,
      onFailure
    })
    return async (header, token) => (await file.current())(header, token)
  } catch (error) {
    throw new SecurityError(`The key set ${path} cannot be used: ${(error as Error).message}`)
  }
}
