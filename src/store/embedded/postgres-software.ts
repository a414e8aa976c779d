// Without this file Postgres could not be run where its packaged binaries are unreachable for its user, or lack their links.
import { access } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { runAs, type DatabaseUser } from './database-user.ts'
import { EmbeddedPostgresError, explainOutput } from './embedded-postgres-error.ts'
import type { EmbeddedLog } from './embedded-log.ts'
import { copySoftware, missingLinks } from './software-copy.ts'

/** Programs of one Postgres that the database's user can run. */
export interface PostgresSoftware {
  readonly initdb: string
  readonly postgres: string
  readonly pgCtl: string
  /** e.g. `18.4` */
  readonly version: string
  /** e.g. `18`, as in PG_VERSION */
  readonly majorVersion: string
}

interface Attempt {
  readonly software: PostgresSoftware | null
  readonly output: string
}

const SHELL_CHARACTERS = /["$`\\]/

/**
 * The packaged binaries where they are, if `user` can run them there; else a copy shared by everything that needs the same
 * content: below /var/cache or /var/lib for root, in `home` for an ordinary user, below the temporary directory as a last resort.
 */
export async function findPostgresSoftware(
  native: string,
  home: string,
  user: DatabaseUser | null,
  log: EmbeddedLog,
  bases: readonly string[] = copyBases(home)
): Promise<PostgresSoftware> {
  const packaged = await tryToRun(native, user)
  if (packaged.software !== null) return packaged.software
  if (user !== null && /E(PERM|INVAL)$/.test(packaged.output)) {
    throw new EmbeddedPostgresError(
      `Postgres does not run as root, and this process may not become ${user.name} (${packaged.output}); ` +
        'start Batchyard as an ordinary user or set BATCH_DATABASE_URL=postgres://…'
    )
  }
  const outputs = [packaged.output]
  for (const base of bases) {
    const copy = await copySoftware(
      native,
      base,
      async place => (await tryToRun(place, user)).software !== null
    )
    if (copy === null) continue
    const { software, output } = await tryToRun(copy, user)
    if (software !== null) {
      log.info(
        `Postgres ${software.version} runs from ${copy}, a copy of ${native} (there: ${packaged.output})`
      )
      return software
    }
    outputs.push(output)
  }
  if (user !== null && outputs.every(output => output.endsWith('EACCES'))) {
    throw new EmbeddedPostgresError(
      `User ${user.name}, who runs the database, can enter neither ${native} nor a copy of it: ${bases.join(', ')} ` +
        'have no room, cannot be made, or can be changed by others; put Batchyard where everyone may enter, ' +
        'start it as an ordinary user, or set BATCH_DATABASE_URL=postgres://…'
    )
  }
  throw explainOutput('Running Postgres', native, outputs.join('\n'))
}

function copyBases(home: string): readonly string[] {
  const temporary = join(tmpdir(), `batchyard-${process.geteuid?.() ?? 'software'}`)
  if (process.geteuid?.() === 0) return ['/var/cache/batchyard', '/var/lib/batchyard', temporary]
  return [join(home, 'software'), temporary]
}

async function tryToRun(native: string, user: DatabaseUser | null): Promise<Attempt> {
  // initdb finds its neighbours through a shell, without escaping what a shell reads within double quotes.
  if (process.platform !== 'win32' && SHELL_CHARACTERS.test(native))
    return failed('its path has quotes, $ or `')
  const missing = await missingLinks(native)
  if (missing.length > 0) return failed(`its links are missing, ${missing[0]?.target}`)
  const program = (name: string): string =>
    join(native, 'bin', process.platform === 'win32' ? `${name}.exe` : name)
  const postgres = await runAs(user, program('postgres'), ['--version'])
  const version = /PostgreSQL\) (\d+)[.\w]*/.exec(postgres.output)
  if (!postgres.ok || version === null) return failed(await reasonOf(program('postgres'), postgres.output))
  const initdb = await runAs(user, program('initdb'), ['--version'])
  if (!initdb.ok) return failed(initdb.output)
  if (user !== null) {
    const share = [
      '-c',
      'test -x "$1" && test -r "$1"/*/postgres.bki -o -r "$1"/postgres.bki',
      'sh',
      join(native, 'share')
    ]
    if (!(await runAs(user, '/bin/sh', share)).ok)
      return failed(`${user.name} cannot read its share directory`)
  }
  const software = {
    initdb: program('initdb'),
    postgres: program('postgres'),
    pgCtl: program('pg_ctl'),
    version: version[0].replace('PostgreSQL) ', ''),
    majorVersion: version[1] ?? ''
  }
  return { software, output: '' }
}

async function reasonOf(program: string, output: string): Promise<string> {
  if (!/ENOENT/.test(output)) return output.trim()
  const exists = await access(program).then(
    () => true,
    () => false // the package is damaged, its error says which file
  )
  return exists ? 'error: it is not made for this machine (it needs glibc)' : output.trim()
}

function failed(output: string): Attempt {
  return { software: null, output }
}
