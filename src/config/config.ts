// Environment to one frozen, checked Config: the only reader of process.env. Whatever is wrong is named at once.
import { availableParallelism, hostname } from 'node:os'
import path from 'node:path'
import { limitsIn, stringsIn } from './json-settings.ts'
import { CONFIG_KEYS, type ConfigForm, type ConfigKeyName } from './config-keys.ts'

type Value<Form extends ConfigForm> = Form extends { kind: 'number' }
  ? number | Extract<Form['default'], null>
  : Form extends { kind: 'limits' }
    ? Readonly<Record<string, number>> | null
    : Form extends { kind: 'strings' }
      ? Readonly<Record<string, string>> | null
      : Form extends { kind: 'choice'; of: readonly (infer Choice)[] }
        ? Choice
        : string | Extract<Form['default'], null>

type Values = { readonly [Key in ConfigKeyName]: Value<(typeof CONFIG_KEYS)[Key]['form']> }

export interface Config extends Values {
  readonly BATCH_THREADS: number
  readonly BATCH_MAX_THREADS: number
  readonly BATCH_TIME_ZONE: string
  /** Three parts, as Liberty's: host / data directory / BATCH_SERVER_ID. */
  readonly serverId: string
}

export class ConfigInvalid extends Error {
  override readonly name = 'ConfigInvalid'
  readonly problems: readonly string[]

  constructor(problems: readonly string[]) {
    super(`The configuration cannot be used:\n${problems.map(problem => `  - ${problem}`).join('\n')}`)
    this.problems = problems
  }
}

type ConfigValue = string | number | Readonly<Record<string, string | number>> | null

const LOOPBACK = /^(127(\.\d{1,3}){3}|localhost|::1|\[::1\])$/

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
      values[key] = form.kind === 'path' ? path.resolve(workingDirectory, form.default) : form.default
    else values[key] = read(key, given, form, workingDirectory, problems)
  }
  const settings = values as unknown as Values
  checkAddresses(settings, problems)
  const timeZone = settings.BATCH_TIME_ZONE ?? Intl.DateTimeFormat().resolvedOptions().timeZone
  if (!isTimeZone(timeZone))
    problems.push(`BATCH_TIME_ZONE: ${timeZone} is no IANA time zone (Europe/Paris, UTC …)`)
  if (/[\s/\\\0]/.test(settings.BATCH_SERVER_ID))
    problems.push('BATCH_SERVER_ID: blanks and slashes are not allowed in a server id')
  if (problems.length > 0) throw new ConfigInvalid(problems)
  const threads = settings.BATCH_THREADS ?? Math.max(4, availableParallelism())
  return Object.freeze({
    ...settings,
    BATCH_THREADS: threads,
    BATCH_MAX_THREADS: Math.max(threads, settings.BATCH_MAX_THREADS ?? 8 * threads),
    BATCH_TIME_ZONE: timeZone,
    serverId: `${hostname()}/${settings.BATCH_DATA_DIR}/${settings.BATCH_SERVER_ID}`
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
      return limitsIn(key, given, problems)
    case 'strings':
      return stringsIn(key, given, problems)
    case 'number': {
      const number = /^\d{1,10}$/.test(given) ? Number(given) : NaN
      if (!(number >= form.min && number <= form.max))
        problems.push(`${key}: ${given} is no whole number from ${form.min} to ${form.max}`)
      return number
    }
  }
}

function checkAddresses(values: Values, problems: string[]): void {
  if (!LOOPBACK.test(values.BATCH_HOST))
    problems.push(
      `BATCH_HOST: ${values.BATCH_HOST} would offer the server to others, and no users are configured; use 127.0.0.1`
    )
  if (values.BATCH_PUBLIC_URL !== null) {
    const url = URL.canParse(values.BATCH_PUBLIC_URL) ? new URL(values.BATCH_PUBLIC_URL) : null
    if (url === null || !/^https?:$/.test(url.protocol))
      problems.push(`BATCH_PUBLIC_URL: ${values.BATCH_PUBLIC_URL} is no http or https URL`)
  }
  const database = values.BATCH_DATABASE_URL
  if (database !== null && (!URL.canParse(database) || !/^postgres(ql)?:$/.test(new URL(database).protocol)))
    problems.push('BATCH_DATABASE_URL: it is no postgres://user:password@host:port/database URL')
}

function isTimeZone(timeZone: string): boolean {
  try {
    return new Intl.DateTimeFormat('en', { timeZone }).resolvedOptions().timeZone !== ''
  } catch {
    return false
  }
}
