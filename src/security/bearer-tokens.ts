// From a JSON Web Token to a user: who issued it, for whom, until when, and which of its claims say who he is.
import { errors, jwtVerify, type JWTVerifyGetKey } from 'jose'
import { isRole } from '../batch/role.ts'
import type { Clock } from '../service/clock.ts'
import { claimIn, listIn } from './claims.ts'
import { type Identity, nameFlaw } from './identity.ts'
import { KeysAway } from './key-set.ts'

/** Signatures only: with a shared secret or without any signature everybody who can verify could also issue. */
const ALGORITHMS = [
  'RS256',
  'RS384',
  'RS512',
  'PS256',
  'PS384',
  'PS512',
  'ES256',
  'ES384',
  'ES512',
  'EdDSA',
  'Ed25519'
]
const CLOCK_TOLERANCE_SECONDS = 30

export interface BearerTokenOptions {
  readonly issuer: string
  readonly audience: string
  readonly userClaim: string
  readonly rolesClaim: string
  readonly groupsClaim: string
  readonly keys: JWTVerifyGetKey
  readonly clock: Clock
}

export type TokenVerdict =
  | { readonly kind: 'user'; readonly identity: Identity }
  /** `reason`: for the client; it has nothing of the token in it. */
  | { readonly kind: 'wrong'; readonly reason: string }

export interface BearerTokens {
  /** Rejects with KeysAway. */
  check(token: string): Promise<TokenVerdict>
}

export function createBearerTokens(options: BearerTokenOptions): BearerTokens {
  const { issuer, audience, userClaim, rolesClaim, groupsClaim, keys, clock } = options
  return {
    async check(token) {
      try {
        const { payload } = await jwtVerify(token, keys, {
          issuer,
          audience,
          algorithms: ALGORITHMS,
          clockTolerance: CLOCK_TOLERANCE_SECONDS,
          requiredClaims: ['exp'],
          currentDate: new Date(clock.now())
        })
        const user = claimIn(payload, userClaim)
        if (typeof user !== 'string' || nameFlaw(user) !== null)
          return wrong(`its claim ${userClaim} is no name of a user`)
        return {
          kind: 'user',
          identity: {
            user: user.normalize('NFC'),
            roles: listIn(payload, rolesClaim).filter(isRole),
            groups: listIn(payload, groupsClaim)
          }
        }
      } catch (error) {
        if (error instanceof KeysAway || !(error instanceof errors.JOSEError)) throw error
        return wrong(reasonOf(error))
      }
    }
  }
}

function wrong(reason: string): TokenVerdict {
  return { kind: 'wrong', reason: `the token is not accepted, ${reason}` }
}

/** In our words: messages of the library may quote the token. */
function reasonOf(error: errors.JOSEError): string {
  if (error instanceof errors.JWTExpired) return 'it has expired'
  if (error instanceof errors.JWTClaimValidationFailed)
    return `its claim ${/^[\w.-]{1,40}$/.test(error.claim) ? error.claim : '(unknown)'} is not as this server wants it`
  if (error instanceof errors.JWKSNoMatchingKey) return 'none of the known keys signed it'
  if (error instanceof errors.JWSSignatureVerificationFailed) return 'its signature is wrong'
  if (error instanceof errors.JOSEAlgNotAllowed || error instanceof errors.JOSENotSupported)
    return 'its algorithm is not allowed'
  return 'it is no signed JSON Web Token'
}
