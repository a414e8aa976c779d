// Environment to one frozen, checked Config: the only reader of process.env. Whatever is wrong is named at once.
import { availableParallelism, hostname } from 'node:os'
import path from 'node:path'
import { checkSecurity, keySetAddress, plainWord } from './check-security.ts'
import { limitsIn, listIn, stringsIn } from './json-settings.ts'
import { CONFIG_KEYS, type ConfigForm, type ConfigKeyName } from './config-keys.ts'

type Value<Form extends ConfigForm> = Form extends { kind: 'number' }
  ? number | Extract<Form['default'], null>
  : Form extends { kind: 'limits' }
    ? Readonly<Record<string, number>> | null
    : Form extends { kind: 'strings' }
      ? Readonly<Record<string, string>> | null
      : Form extends { kind: 'list' }
        ? readonly string[] | null
        : Form extends { kind: 'choice'; of: readonly (infer Choice)[] }
          ? Choice
          : string | Extract<Form['default'], null>

type Values = { readonly [Key in ConfigKeyName]: Value<(typeof CONFIG_KEYS)[Key]['form']> }

export interface Config extends Values {
  readonly BATCH_THREADS: number
  readonly BATCH_MAX_THREADS: number
  readonly BATCH_TIME_ZONE: string
  /** Users are configured, by a file or by tokens: whoever calls has to say who he is. */
  readonly hasUsers: boolean
  /** Three parts, as Liberty's: host / data directory / BATCH_SERVER_ID. */
  readonly serverId: string
  /** Which jobs this server runs, by application and by operation group (`null` = all); `null` = none at all. */
  readonly executor: {
    readonly applications: readonly string[] | null
    readonly operationGroups: readonly string[] | null
  } | null
  /** How job logs roll; what they may take together is counted over all that write. */
  readonly jobLogLimits: {
    readonly maxRecords: number
    readonly maxSeconds: number
    readonly maxPartBytes: number
    readonly maxBytes: number
  }
  /** What job logs may take; 0 = no limit. */
  readonly jobLogSpace: { readonly executionMB: number; readonly totalMB: number }
  /** A folder for compiled sources of executor threads: that of NODE_COMPILE_CACHE, where Node.js itself was given one. */
  readonly compileCache: string
  /** All that commands of shellBatchlet inherit of the server's environment. */
  readonly shellEnvironment: Readonly<Record<string, string>>
}

export class ConfigInvalid extends Error {
  override readonly name = 'ConfigInvalid'
  readonly problems: readonly string[]

  constructor(problems: readonly string[]) {
    super(`The configuration cannot be used:\n${problems.map(problem => `  - ${problem}`).join('\n')}`)
    this.problems = problems
  }
}

type ConfigValue = string | number | readonly string[] | Readonly<Record<string, string | number>> | null

/** Throws ConfigInvalid naming every problem. Paths are made absolute from `workingDirectory`. */
export function readConfig(
  environment: Readonly<Record<string, string | undefined>> = process.env,
  workingDirectory = process.cwd()
): Config {
  const problems: string[] = unknownKeys(environment)
  const values: Record<string, ConfigValue> = {}
  for (const [key, { form }] of Object.entries(CONFIG_KEYS)) {
    const given = environment[key]
    if (given === undefined || given === '')
      values[key] =
        form.kind === 'path' && form.default !== null
          ? path.resolve(workingDirectory, form.default)
          : form.default
    else values[key] = read(key, given, form, workingDirectory, problems)
  }
  // Files say it by themselves.
  if (!environment['BATCH_TLS'] && environment['BATCH_TLS_CERT'] && environment['BATCH_TLS_KEY'])
    values['BATCH_TLS'] = 'files'
  const settings = values as unknown as Values
  checkAddresses(settings, problems)
  checkSecurity(settings, problems)
  checkConnections(settings, problems)
  const timeZone = settings.BATCH_TIME_ZONE ?? Intl.DateTimeFormat().resolvedOptions().timeZone
  if (!isTimeZone(timeZone))
    problems.push(`BATCH_TIME_ZONE: ${timeZone} is no IANA time zone (Europe/Paris, UTC …)`)
  if (/[\s/\\\0]/.test(settings.BATCH_SERVER_ID))
    problems.push('BATCH_SERVER_ID: blanks and slashes are not allowed in a server id')
  if (problems.length > 0) throw new ConfigInvalid(problems)
  const executes = settings.BATCH_ROLE !== 'dispatcher'
  const threads = executes ? (settings.BATCH_THREADS ?? Math.max(8, availableParallelism())) : 0
  return Object.freeze({
    ...settings,
    BATCH_THREADS: threads,
    BATCH_MAX_THREADS: executes ? Math.max(threads, settings.BATCH_MAX_THREADS ?? 8 * threads) : 0,
    executor: executes
      ? {
          applications: settings.BATCH_EXECUTOR_APPLICATIONS,
          operationGroups: settings.BATCH_EXECUTOR_OPERATION_GROUPS
        }
      : null,
    BATCH_TIME_ZONE: timeZone,
    BATCH_JWT_JWKS: keySetAddress(settings.BATCH_JWT_JWKS, workingDirectory),
    BATCH_SECRET_PARAMETERS: settings.BATCH_SECRET_PARAMETERS?.map(plainWord) ?? null,
    hasUsers: settings.BATCH_USERS_FILE !== null || settings.BATCH_JWT_JWKS !== null,
    jobLogLimits: {
      maxRecords: settings.BATCH_JOBLOG_MAX_RECORDS,
      maxSeconds: settings.BATCH_JOBLOG_MAX_SECONDS,
      maxPartBytes: settings.BATCH_JOBLOG_PART_MB * 1024 * 1024,
      maxBytes: 0
    },
    jobLogSpace: {
      executionMB: settings.BATCH_JOBLOG_EXECUTION_MB,
      totalMB: settings.BATCH_JOBLOG_TOTAL_MB
    },
    compileCache: path.resolve(
      workingDirectory,
      environment['NODE_COMPILE_CACHE'] || path.join(settings.BATCH_DATA_DIR, 'compile-cache')
    ),
    shellEnvironment: shellEnvironment(environment, timeZone),
    serverId: `${hostname()}/${settings.BATCH_DATA_DIR}/${settings.BATCH_SERVER_ID}`
  })
}

/** What commands do not work without; nothing that an operator may have put a secret into. */
const INHERITED = ['PATH', 'HOME', 'LANG', 'LC_ALL', 'TMPDIR']

function shellEnvironment(
  environment: Readonly<Record<string, string | undefined>>,
  timeZone: string
): Readonly<Record<string, string>> {
  const inherited = INHERITED.flatMap(name => {
    const value = environment[name]
    return value === undefined ? [] : [[name, value] as const]
  })
  return Object.freeze({
    PATH: '/usr/local/bin:/usr/bin:/bin',
    ...Object.fromEntries(inherited),
    TZ: timeZone
  })
}

function unknownKeys(environment: Readonly<Record<string, string | undefined>>): string[] {
  return Object.keys(environment)
    .filter(key => key.startsWith('BATCH_') && !Object.hasOwn(CONFIG_KEYS, key))
    .map(key => `${key}: there is no such setting; known are ${Object.keys(CONFIG_KEYS).join(', ')}`)
}

function read(
  key: string,
  given: string,
  form: ConfigForm,
  workingDirectory: string,
  problems: string[]
): ConfigValue {
  switch (form.kind) {
    case 'text':
      return given
    case 'path':
      return path.resolve(workingDirectory, given)
    case 'choice':
      if (!form.of.includes(given)) problems.push(`${key}: ${given} is none of ${form.of.join(', ')}`)
      return given
    case 'limits':
      return limitsIn(key, given, form.of, problems)
    case 'strings':
      return stringsIn(key, given, problems)
    case 'list':
      return listIn(key, given, form.of, workingDirectory, problems)
    case 'number': {
      const number = /^\d{1,10}$/.test(given) ? Number(given) : NaN
      if (!(number >= form.min && number <= form.max))
        problems.push(`${key}: ${given} is no whole number from ${form.min} to ${form.max}`)
      return number
    }
  }
}

function checkAddresses(values: Values, problems: string[]): void {
  if (values.BATCH_PUBLIC_URL !== null) {
    const url = URL.canParse(values.BATCH_PUBLIC_URL) ? new URL(values.BATCH_PUBLIC_URL) : null
    if (url === null || !/^https?:$/.test(url.protocol))
      problems.push(`BATCH_PUBLIC_URL: ${values.BATCH_PUBLIC_URL} is no http or https URL`)
  }
  const database = values.BATCH_DATABASE_URL
  if (database !== null && !isDatabaseURL(database))
    problems.push('BATCH_DATABASE_URL: it is no postgres://user:password@host:port/database URL')
}

/** Their URLs have passwords: only names are told. */
function checkConnections(values: Values, problems: string[]): void {
  const connections = values.BATCH_CONNECTIONS ?? {}
  for (const [name, url] of Object.entries(connections))
    if (!isDatabaseURL(url))
      problems.push(`BATCH_CONNECTIONS: ${name} is no postgres://user:password@host:port/database URL`)
  if (Object.hasOwn(connections, 'repository'))
    problems.push('BATCH_CONNECTIONS: repository is the name of the job repository’s own database')
  for (const name of values.BATCH_INLINE_CONNECTIONS ?? [])
    if (name !== 'repository' && !Object.hasOwn(connections, name))
      problems.push(`BATCH_INLINE_CONNECTIONS: ${name} is none of BATCH_CONNECTIONS`)
}

function isDatabaseURL(url: string): boolean {
  return URL.canParse(url) && /^postgres(ql)?:$/.test(new URL(url).protocol)
}

function isTimeZone(timeZone: string): boolean {
  try {
    return new Intl.DateTimeFormat('en', { timeZone }).resolvedOptions().timeZone !== ''
  } catch {
    return false
  }
}
