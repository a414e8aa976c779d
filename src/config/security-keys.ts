// The settings of who may call and over what: users, tokens, roles, secrets, TLS. A part of CONFIG_KEYS.
import type { ConfigKey } from './config-keys.ts'

export const SECURITY_KEYS = {
  BATCH_USERS_FILE: {
    form: { kind: 'path', default: null },
    sentence:
      'File of the users that log in with a password (docs/security.md); absent, and without BATCH_JWT_JWKS = no logins, local clients only.'
  },
  BATCH_JWT_JWKS: {
    form: { kind: 'text', default: null },
    sentence:
      'Keys that sign bearer tokens: the URL of a JSON Web Key Set (https, or http on this machine), or a file; needs issuer and audience.'
  },
  BATCH_JWT_ISSUER: {
    form: { kind: 'text', default: null },
    sentence: 'The claim iss that bearer tokens must have.'
  },
  BATCH_JWT_AUDIENCE: {
    form: { kind: 'text', default: null },
    sentence: 'What must be among the claim aud of bearer tokens.'
  },
  BATCH_JWT_USER_CLAIM: {
    form: { kind: 'text', default: 'sub' },
    sentence: 'Claim with the name of the user; dots lead into objects.'
  },
  BATCH_JWT_ROLES_CLAIM: {
    form: { kind: 'text', default: 'roles' },
    sentence:
      'Claim with the roles (batchAdmin …), a list or a text; dots lead into objects, e.g. realm_access.roles.'
  },
  BATCH_JWT_GROUPS_CLAIM: {
    form: { kind: 'text', default: 'groups' },
    sentence: 'Claim with the operation groups of the user, a list or a text; dots lead into objects.'
  },
  BATCH_OPERATION_GROUPS: {
    form: { kind: 'strings', default: null },
    sentence:
      'Groups, with commas between, whose batchGroupAdmins and batchGroupMonitors reach a job beside its submitter: JSON, e.g. {"job:nightly":"finance","application:Ledger":"finance,audit","*":"operators"}; stored at submit.'
  },
  BATCH_SECRET_PARAMETERS: {
    form: { kind: 'list', of: 'name', default: null },
    sentence:
      'What is in the names of job parameters that are secret (masked in answers and logs); in place of password, secret, token and the like.'
  },
  BATCH_TLS: {
    form: { kind: 'choice', of: ['off', 'self-signed', 'files'], default: 'off' },
    sentence:
      'HTTPS on BATCH_PORT: with a certificate the server makes itself (for development), or with BATCH_TLS_CERT and BATCH_TLS_KEY, which alone mean files.'
  },
  BATCH_TLS_CERT: {
    form: { kind: 'path', default: null },
    sentence: 'File of the certificate and its chain (PEM); read again when it changes.'
  },
  BATCH_TLS_KEY: {
    form: { kind: 'path', default: null },
    sentence: 'File of the private key (PEM).'
  },
  BATCH_TLS_KEY_PASSPHRASE: {
    form: { kind: 'text', default: null },
    sentence: 'Passphrase of the private key, where it has one.'
  },
  BATCH_HTTP_PORT: {
    form: { kind: 'number', min: 0, max: 65535, default: null },
    sentence: 'With TLS: port for plain HTTP beside it, 0 = a free one; absent = HTTPS only.'
  }
} as const satisfies Record<string, ConfigKey>
