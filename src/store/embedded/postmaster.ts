// Without this file nothing would start the Postgres process, wait for it, find it again after a crash of ours, or end it in order.
import { spawn } from 'node:child_process'
import { readFile } from 'node:fs/promises'
import { createServer, type AddressInfo } from 'node:net'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { runAs, spawnOptions, type DatabaseUser } from './database-user.ts'
import { EmbeddedPostgresError, explainOutput } from './embedded-postgres-error.ts'
import type { EmbeddedLog } from './embedded-log.ts'
import type { PostgresSoftware } from './postgres-software.ts'
import { pidOwner, readPostmasterFile, removeDeadFile } from './postmaster-file.ts'
import { processIdentity } from './process-identity.ts'
import type { ServerLog } from './server-log.ts'

/** A running Postgres process. */
export interface Postmaster {
  readonly pid: number
  readonly port: number
}

export interface PostmasterOptions {
  /** The real path of the cluster. */
  readonly cluster: string
  readonly software: PostgresSoftware
  readonly user: DatabaseUser | null
  readonly serverLog: ServerLog
  readonly settings: Readonly<Record<string, string>>
  /** Null: any free one. */
  readonly port: number | null
  readonly log: EmbeddedLog
}

const POLL_MILLISECONDS = 20
const FAST_SHUTDOWN_MILLISECONDS = 20_000
const IMMEDIATE_SHUTDOWN_MILLISECONDS = 10_000
// Recovery after a crash reads up to max_wal_size twice; a slow disk may take minutes.
const START_MILLISECONDS = 600_000
const PORT_ATTEMPTS = 10
const LEFTOVER_MILLISECONDS = 15_000

/** Starts Postgres and waits until it takes connections. Throws when it does not come up. */
export async function startPostmaster(options: PostmasterOptions): Promise<Postmaster> {
  const { cluster, port } = options
  const deadline = performance.now() + LEFTOVER_MILLISECONDS
  for (let attempt = 1; ; attempt++) {
    await removeDeadFile(cluster)
    const chosen = port ?? (await freePort())
    const { postmaster, output } = await tryStart(options, chosen)
    if (postmaster !== null) return postmaster
    if (/Address already in use|could not bind|could not create any TCP\/IP sockets/.test(output)) {
      if (port === null && attempt < PORT_ATTEMPTS) continue
      throw new EmbeddedPostgresError(
        `Port ${chosen} on 127.0.0.1, meant for the embedded database, is taken by another program; stop it or choose another port`
      )
    }
    // The processes of a killed postmaster hold on to its memory until they notice that it is gone.
    const leftover = /pre-existing shared memory block|lock file .* already exists/.test(output)
    if (!leftover || performance.now() > deadline) throw explainOutput('Starting Postgres', cluster, output)
    await delay(200)
  }
}

async function tryStart(options: PostmasterOptions, port: number) {
  const { cluster, software, user, serverLog, settings } = options
  const args = ['-D', cluster, ...settingArgs(settings), '-c', `port=${port}`]
  const opened = await serverLog.open()
  // A session of its own: Ctrl-C in a terminal reaches us alone, so that we can end the database last.
  const child = spawn(software.postgres, args, {
    ...spawnOptions(user),
    detached: true,
    stdio: ['ignore', opened.descriptor, opened.descriptor]
  })
  let failure: string | null = null
  child.once('error', error => (failure = error.message))
  child.once('exit', (code, signal) => (failure ??= `postgres ended with ${signal ?? `code ${code}`}`))
  child.unref()
  await opened.close()
  const { pid } = child
  if (pid !== undefined && (await waitUntilReady(cluster, pid, () => failure === null, options.log))) {
    return { postmaster: { pid, port }, output: '' }
  }
  const output = await opened.outputSince()
  return {
    postmaster: null,
    output: output.trim() === '' ? (failure ?? 'postgres could not be started') : output
  }
}

function settingArgs(settings: Readonly<Record<string, string>>): string[] {
  return Object.entries(settings).flatMap(([name, value]) => ['-c', `${name}=${value}`])
}

/** True once the postmaster `pid` says that it takes connections, false when it ends before. Throws after a long time-out. */
export async function waitUntilReady(
  cluster: string,
  pid: number,
  isAlive: () => boolean,
  log: EmbeddedLog
): Promise<boolean> {
  const began = performance.now()
  let nextWord = began + 10_000
  while (isAlive()) {
    const file = await readPostmasterFile(cluster)
    if (file?.pid === pid && file.status === 'ready') return true
    const now = performance.now()
    if (now > began + START_MILLISECONDS) {
      throw new EmbeddedPostgresError(
        `Postgres (process ${pid}) is still not ready; see its log beside ${cluster}`
      )
    }
    if (now > nextWord) {
      log.info(`Postgres (process ${pid}) is still recovering from its last end`)
      nextWord = now + 10_000
    }
    await delay(POLL_MILLISECONDS)
  }
  return false
}

/** True when the running postmaster of the cluster was started with these settings. */
export async function hasSettings(
  cluster: string,
  settings: Readonly<Record<string, string>>
): Promise<boolean> {
  const started = await readFile(join(cluster, 'postmaster.opts'), 'utf8')
  return Object.entries(settings).every(([name, value]) => started.includes(`"${name}=${value}"`))
}

/**
 * Ends a postmaster: fast shutdown, after 20 s an immediate one (no committed data are lost, the next start recovers).
 * Returns when the process is gone. Throws when it survives both, or belongs to a user whose processes we may not end.
 */
export async function endPostmaster(
  pid: number,
  cluster: string,
  software: PostgresSoftware,
  log: EmbeddedLog
): Promise<void> {
  const identity = processIdentity(pid)
  const ended = (): boolean => identity === null || processIdentity(pid) !== identity
  if (ended() || pidOwner(pid, cluster) === 'stranger') return
  if (process.platform !== 'win32') process.kill(pid, 'SIGCONT') // a suspended process would not hear the next signal
  await signal(pid, 'fast', cluster, software)
  if (await waitFor(ended, FAST_SHUTDOWN_MILLISECONDS)) return
  log.warn(
    `Postgres (process ${pid}) has not ended in ${FAST_SHUTDOWN_MILLISECONDS / 1000} s: ending it at once`
  )
  await signal(pid, 'immediate', cluster, software)
  if (await waitFor(ended, IMMEDIATE_SHUTDOWN_MILLISECONDS)) return
  throw new EmbeddedPostgresError(
    `Postgres (process ${pid}) on ${cluster} does not end; end it by hand, then start again`
  )
}

async function signal(
  pid: number,
  mode: 'fast' | 'immediate',
  cluster: string,
  software: PostgresSoftware
): Promise<void> {
  // Windows has no signals: there a kill would be a crash, and pg_ctl speaks to the postmaster through a pipe.
  if (process.platform === 'win32') {
    await runAs(null, software.pgCtl, ['stop', '-D', cluster, '-m', mode, '-W'])
    return
  }
  try {
    process.kill(pid, mode === 'fast' ? 'SIGINT' : 'SIGQUIT')
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error
  }
}

async function waitFor(condition: () => boolean, milliseconds: number): Promise<boolean> {
  const deadline = performance.now() + milliseconds
  while (!condition()) {
    if (performance.now() > deadline) return false
    await delay(POLL_MILLISECONDS)
  }
  return true
}

async function freePort(): Promise<number> {
  const server = createServer()
  try {
    return await new Promise<number>((resolve, reject) => {
      server.once('error', reject)
      server.listen(0, '127.0.0.1', () => resolve((server.address() as AddressInfo).port))
    })
  } catch (cause) {
    throw new EmbeddedPostgresError(
      `No free port on 127.0.0.1 for the embedded database (${(cause as Error).message}); ` +
        'close some programs or set BATCH_DATABASE_URL=postgres://…',
      { cause }
    )
  } finally {
    server.close()
  }
}
