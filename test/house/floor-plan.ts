// The floor plan as data: which rooms src/ has, what each may import, and which packages live in one room only.
// docs/adr/0001-floor-plan.md gives the reasons; a change here is a change of that decision.

/** Room → rooms it may import, all of them further down. `batch` and `service` are open to every room. */
export const MAY_IMPORT: Readonly<Record<string, readonly string[]>> = {
  console: [],
  cli: [],
  http: ['schedule', 'bulk', 'operator', 'security'],
  schedule: ['operator', 'dispatch', 'jsl', 'store'],
  bulk: ['operator', 'dispatch', 'jsl', 'store'],
  operator: ['dispatch', 'jsl', 'store', 'joblog', 'applications'],
  dispatch: ['executor', 'jsl', 'store', 'joblog', 'applications'],
  executor: ['jsl', 'store', 'joblog', 'applications'],
  // Neighbours: they do not know each other.
  jsl: [],
  store: [],
  joblog: [],
  applications: [],
  security: [],
  config: [],
  service: [],
  batch: []
}

/** What every room may import. */
export const OPEN_TO_ALL: readonly string[] = ['batch', 'service']

/** Rooms that talk REST only or stand alone: not even the open rooms. `cli` may use the words of `batch`. */
export const ALONE: Readonly<Record<string, readonly string[]>> = {
  batch: [],
  service: [],
  config: [],
  console: [],
  cli: ['batch']
}

/** Files outside of the rooms: the process and its composition root import what they like, and nobody imports them. */
export const ROOTS: readonly string[] = ['main.ts', 'app.ts']

/** More for single files, or for whole folders (with `/` at the end). */
export const ALSO_MAY_IMPORT: Readonly<Record<string, readonly string[]>> = {
  // The second composition root: the process or thread that runs job code reads its own configuration.
  'executor/thread/main.ts': ['config', 'bulk'],
  // Artifacts of bulk jobs run where built-in ones do, and know what those know.
  'bulk/artifacts/': ['applications'],
  // Commands on this machine are processes of their own, as main.ts is: each builds what it needs.
  'cli/local/': ['app.ts', 'config', 'security', 'service', 'store'],
  // The client's composition root: messages carry the time.
  'cli/task-command.ts': ['service']
}

/** Package → where it may be imported. A name stands for its scope too: `fastify` for `@fastify/multipart`. */
export const PACKAGES: Readonly<Record<string, readonly string[]>> = {
  knex: ['store/'],
  // Built-in artifacts read databases of the jobs, by names that the configuration gives.
  pg: ['store/', 'applications/built-in/sql-session.ts'],
  'pg-copy-streams': ['store/'],
  fastify: ['http/'],
  // batch.xml is an installed application's own file, and applications/ does not know jsl/.
  'fast-xml-parser': ['jsl/xml.ts', 'applications/batch-xml.ts'],
  'cron-parser': ['schedule/timing/'],
  'rrule-temporal': ['schedule/timing/'],
  archiver: ['joblog/'],
  '@node-rs/argon2': ['security/'],
  jose: ['security/'],
  selfsigned: ['security/']
}

/** What may be written in one place only, comments aside. */
export const WORDS: readonly { readonly says: string; readonly pattern: RegExp; readonly only: string }[] = [
  {
    says: 'the environment is read in config/ only, everybody else is given a Config',
    pattern: /\bprocess(\.env\b|\[['"]env['"]\])|\bimport\b.*\benv\b.*'node:process'/,
    only: 'config/'
  },
  {
    says: 'the time of day is read in service/clock.ts only, everybody else is given a Clock',
    pattern: /\bDate\.now\b|\bnew Date\(\)|(?<!new )\bDate\(/,
    only: 'service/clock.ts'
  }
]

/** Folder names that say nothing about what is in them. */
export const DRAWERS: readonly string[] = [
  'utils',
  'util',
  'helpers',
  'common',
  'types',
  'models',
  'shared',
  'lib',
  'misc'
]

/** Lines a file may have. */
export const LONGEST = 250

/** Files that are longer on purpose, each with the reason. */
export const LONG_ON_PURPOSE: Readonly<Record<string, string>> = {}

/** Lines a room's README may have. */
export const LONGEST_README = 15
