// The environment of a server that this process starts for a purpose of its own: it shares what jobs see, never the place,
// the database or the users of the server that is configured here.

const PLACE = [
  'BATCH_HOST',
  'BATCH_PORT',
  'BATCH_PUBLIC_URL',
  'BATCH_DATABASE_URL',
  'BATCH_DATA_DIR',
  'BATCH_JOBLOG_DIR',
  'BATCH_APPS_DIR',
  'BATCH_SERVER_ID',
  'BATCH_RECOVERY',
  'BATCH_CAPS',
  'BATCH_LOG_LEVEL'
]

/** Who may call: a scratch server listens on this machine only, and for one caller. */
const CALLERS = /^BATCH_.*(USERS|TLS|JWT|JWKS|OIDC|AUTH|ROLE|GROUP)/

/** This process's environment without place and callers, `settings` over it. */
export function serverEnvironment(settings: Readonly<Record<string, string>>): Record<string, string> {
  const inherited = Object.entries(process.env).filter(
    (entry): entry is [string, string] =>
      entry[1] !== undefined && !PLACE.includes(entry[0]) && !CALLERS.test(entry[0])
  )
  return { ...Object.fromEntries(inherited), ...settings }
}
