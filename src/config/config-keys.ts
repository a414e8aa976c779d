// Every setting of the server: key, form, default and the sentence that docs/configuration.md and .env.example repeat.
import { SECURITY_KEYS } from './security-keys.ts'

export type ConfigForm =
  | { readonly kind: 'text'; readonly default: string | null }
  | { readonly kind: 'path'; readonly default: string | null }
  | { readonly kind: 'number'; readonly min: number; readonly max: number; readonly default: number | null }
  /** JSON: whole numbers from 1 by `kind:name`. */
  | { readonly kind: 'limits'; readonly of: readonly string[]; readonly default: null }
  /** JSON: strings by name. */
  | { readonly kind: 'strings'; readonly default: null }
  /** Parted by commas, or a JSON array of strings. Paths are made absolute. */
  | { readonly kind: 'list'; readonly of: 'path' | 'url' | 'name'; readonly default: null }
  | { readonly kind: 'choice'; readonly of: readonly string[]; readonly default: string }

export interface ConfigKey {
  readonly form: ConfigForm
  readonly sentence: string
}

export const CONFIG_KEYS = {
  BATCH_HOST: {
    form: { kind: 'text', default: '127.0.0.1' },
    sentence:
      'Address to listen on; any other than a loopback address needs users (BATCH_USERS_FILE or BATCH_JWT_JWKS).'
  },
  BATCH_PORT: {
    form: { kind: 'number', min: 0, max: 65535, default: 9080 },
    sentence: 'Port to listen on; 0 = a free one, printed in the log.'
  },
  BATCH_PUBLIC_URL: {
    form: { kind: 'text', default: null },
    sentence: 'How clients reach this server (scheme, host, port), where a proxy stands before it.'
  },
  BATCH_DATABASE_URL: {
    form: { kind: 'text', default: null },
    sentence:
      'PostgreSQL 15 or newer, UTF8 (postgres://user:password@host:port/database); absent = the embedded one.'
  },
  BATCH_DATA_DIR: {
    form: { kind: 'path', default: '.batchyard' },
    sentence: 'Folder of the embedded database and of what else a server keeps.'
  },
  BATCH_JOBLOG_DIR: {
    form: { kind: 'path', default: 'joblogs' },
    sentence: 'Folder of the job logs.'
  },
  BATCH_JOBLOG_MAX_RECORDS: {
    form: { kind: 'number', min: 0, max: 1_000_000_000, default: 1000 },
    sentence: 'Records of one part of a job log; 0 = each record is a part of its own.'
  },
  BATCH_JOBLOG_MAX_SECONDS: {
    form: { kind: 'number', min: 0, max: 31_536_000, default: 0 },
    sentence: 'Seconds after which a part of a job log that has a record is ended; 0 = never.'
  },
  BATCH_JOBLOG_PART_MB: {
    form: { kind: 'number', min: 0, max: 1_048_576, default: 10 },
    sentence: 'Size of one part of a job log in MB; 0 = no limit.'
  },
  BATCH_JOBLOG_EXECUTION_MB: {
    form: { kind: 'number', min: 0, max: 1_048_576, default: 256 },
    sentence:
      'What the job logs of one execution may take in MB, those of its partitions and flows included; 0 = no limit. Beyond it the job goes on and its log says how much is missing.'
  },
  BATCH_JOBLOG_TOTAL_MB: {
    form: { kind: 'number', min: 0, max: 1_073_741_824, default: 0 },
    sentence:
      'What all job logs in BATCH_JOBLOG_DIR may take in MB; 0 = no limit. Beyond it jobs go on and their logs say how much is missing, until logs are deleted.'
  },
  BATCH_APPS_DIR: {
    form: { kind: 'path', default: 'jsl-samples' },
    sentence: 'Folder of the applications: one folder each, with batch-jobs/*.xml and artifacts.ts or .js.'
  },
  BATCH_ROLE: {
    form: { kind: 'choice', of: ['both', 'dispatcher', 'executor'], default: 'both' },
    sentence:
      'What this server does with jobs: dispatcher = takes them in, fires schedules, and runs none; executor = runs them, and takes none in; both. Every server answers what is asked about jobs.'
  },
  BATCH_EXECUTOR_APPLICATIONS: {
    form: { kind: 'list', of: 'name', default: null },
    sentence:
      'Applications whose jobs this server runs, of those in BATCH_APPS_DIR; absent = all. The server’s own batches run on any executor.'
  },
  BATCH_EXECUTOR_OPERATION_GROUPS: {
    form: { kind: 'list', of: 'name', default: null },
    sentence:
      'Operation groups (BATCH_OPERATION_GROUPS) of which a job must have one for this server to run it; absent = it runs jobs of any.'
  },
  BATCH_SERVER_ID: {
    form: { kind: 'text', default: 'server1' },
    sentence: 'Name of this server; unique among the servers of one database and host.'
  },
  BATCH_THREADS: {
    form: { kind: 'number', min: 1, max: 1024, default: null },
    sentence: 'Units of work at one time; absent = the larger of 8 and the number of cores.'
  },
  BATCH_MAX_THREADS: {
    form: { kind: 'number', min: 1, max: 8192, default: null },
    sentence: 'Live threads at one time, those that wait for children included; absent = 8 × BATCH_THREADS.'
  },
  BATCH_THREAD_HEAP_MB: {
    form: { kind: 'number', min: 16, max: 65536, default: 256 },
    sentence: 'Heap of one thread in MB; job code that needs more loses its unit, not the server.'
  },
  BATCH_ISOLATION: {
    form: { kind: 'choice', of: ['thread', 'process'], default: 'thread' },
    sentence:
      'Where job code runs: in threads of the server, or in child processes (contains native crashes too).'
  },
  BATCH_LEASE_SECONDS: {
    form: { kind: 'number', min: 5, max: 600, default: 20 },
    sentence: 'Seconds without proof of life after which a server counts as dead.'
  },
  BATCH_RECOVERY: {
    form: { kind: 'choice', of: ['fail', 'resume'], default: 'fail' },
    sentence:
      'What becomes of jobs whose server died: fail = FAILED with the reason, restart by hand; resume = the same execution goes on from its last checkpoint. A job overrides it by its property batchyard.recovery.'
  },
  BATCH_CRASH_BUDGET: {
    form: { kind: 'number', min: 0, max: 1000, default: 3 },
    sentence:
      'Times that the servers of one job execution may die under it before resume gives up: then it is FAILED, naming what was at work each time.'
  },
  BATCH_CAPS: {
    form: { kind: 'limits', of: ['job', 'submitter'], default: null },
    sentence:
      'Most jobs of one name or submitter at work at one time, over all servers: JSON, e.g. {"job:nightly":1,"submitter:bob":4}.'
  },
  BATCH_SERVER_CAPS: {
    form: { kind: 'limits', of: ['job', 'application'], default: null },
    sentence:
      'Most jobs of one name or application at work at one time on this server alone: JSON, e.g. {"job:heavy":1,"application:Reports":2}. What it may not take waits for another server, or for room here.'
  },
  BATCH_STOP_GRACE_SECONDS: {
    form: { kind: 'number', min: 1, max: 86400, default: 30 },
    sentence: 'Seconds a unit has to react to a stop before its thread is ended.'
  },
  BATCH_SHUTDOWN_SECONDS: {
    form: { kind: 'number', min: 1, max: 3600, default: 25 },
    sentence: 'Seconds that running units have to reach a checkpoint when the server is told to stop.'
  },
  BATCH_DRAIN_NOTICE_SECONDS: {
    form: { kind: 'number', min: 0, max: 300, default: 0 },
    sentence:
      'Seconds that a server which is told to stop goes on taking requests, with /readyz at 503, so that load balancers notice before its listener closes; what runs drains meanwhile.'
  },
  BATCH_STATEMENT_TIMEOUT_SECONDS: {
    form: { kind: 'number', min: 1, max: 3600, default: 10 },
    sentence: 'Longest time one request may keep the database at work.'
  },
  BATCH_TIME_ZONE: {
    form: { kind: 'text', default: null },
    sentence: 'IANA zone of dates in requests, answers and job logs; absent = the zone of the process.'
  },
  BATCH_SYSTEM_PROPERTIES: {
    form: { kind: 'strings', default: null },
    sentence:
      'What packaged JSL reads as #{systemProperties[\'name\']}, beside the server\'s own: JSON, e.g. {"region":"EU"}.'
  },
  BATCH_CONNECTIONS: {
    form: { kind: 'strings', default: null },
    sentence:
      'PostgreSQL databases that built-in artifacts know by name: JSON, e.g. {"sales":"postgres://user:password@host/sales"}.'
  },
  BATCH_INLINE_FOLDERS: {
    form: { kind: 'list', of: 'path', default: null },
    sentence:
      'Folders whose files built-in artifacts may read and write for a JSL that was sent inline; absent = none.'
  },
  BATCH_INLINE_URLS: {
    form: { kind: 'list', of: 'url', default: null },
    sentence:
      'What built-in artifacts may call for a JSL that was sent inline: origins, or origins with a path and all below it, e.g. https://api.example.com/v2; absent = nothing.'
  },
  BATCH_INLINE_CONNECTIONS: {
    form: { kind: 'list', of: 'name', default: null },
    sentence:
      'Names of BATCH_CONNECTIONS that built-in artifacts may use for a JSL that was sent inline, and `repository` for the job repository’s own database; absent = none.'
  },
  BATCH_SHELL: {
    form: { kind: 'choice', of: ['off', 'packaged', 'inline'], default: 'off' },
    sentence:
      'Who may run commands with shellBatchlet: nobody, JSL packaged with an application, or JSL sent inline too. Commands run as the user of the server and reach all that it reaches.'
  },
  ...SECURITY_KEYS,
  BATCH_LOG_LEVEL: {
    form: {
      kind: 'choice',
      of: ['fatal', 'error', 'warn', 'info', 'debug', 'trace', 'silent'],
      default: 'info'
    },
    sentence: 'What the server writes to its own log (JSON lines on standard output).'
  }
} as const satisfies Record<string, ConfigKey>

export type ConfigKeyName = keyof typeof CONFIG_KEYS
