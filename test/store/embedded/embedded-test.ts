// Without this file every test of the embedded database would make its own directories, servers and questions.
import { execFileSync, fork, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { access, chmod, mkdtemp, realpath, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import pg from 'pg'
import t, { type Test } from 'tap'
import { startEmbeddedPostgres } from '../../../src/store/embedded/embedded-postgres.ts'
import type {
  EmbeddedPostgres,
  EmbeddedPostgresOptions
} from '../../../src/store/embedded/embedded-postgres.ts'
import { processCommand, processIdentity } from '../../../src/store/embedded/process-identity.ts'

export interface OtherServer {
  readonly process: ChildProcess
  readonly pid: number
  readonly port: number
  readonly url: string
  readonly refused?: string
  readonly said: readonly string[]
}

export const AS_ROOT = process.geteuid?.() === 0

/** A directory everyone may enter, removed after the test. */
export async function temporaryDirectory(t: Test): Promise<string> {
  const directory = await realpath(await mkdtemp(join(tmpdir(), 'batchyard-embedded-')))
  await chmod(directory, 0o755)
  t.teardown(() => rm(directory, { recursive: true, force: true, maxRetries: 5 }))
  return directory
}

let seed: Promise<string> | undefined

/** A data directory with an empty database in it, a copy of the only one that a test file makes: making one takes a second. */
export async function dataDirectory(t: Test): Promise<string> {
  const directory = await temporaryDirectory(t)
  seed ??= makeSeed()
  execFileSync('cp', ['-a', join(await seed, 'postgres'), directory])
  return directory
}

async function makeSeed(): Promise<string> {
  const directory = await temporaryDirectory(t)
  const quiet = { info: () => undefined, warn: () => undefined }
  await (await startEmbeddedPostgres({ dataDir: directory, fsync: false, log: quiet })).stop()
  return directory
}

/** Starts the database in this process; it is stopped after the test. */
export async function start(
  t: Test,
  dataDir: string,
  options: Partial<EmbeddedPostgresOptions> = {}
): Promise<EmbeddedPostgres & { readonly said: readonly string[] }> {
  const said: string[] = []
  const note = (message: string): unknown => said.push(message)
  const database = await startEmbeddedPostgres({
    dataDir,
    fsync: false,
    log: { info: note, warn: note },
    ...options
  })
  t.teardown(() => database.stop())
  return { ...database, said }
}

/** Starts a server in a process of its own; both it and its Postgres are ended after the test. `refused` tells why it did not start. */
export async function startOther(
  t: Test,
  dataDir: string,
  settings: Record<string, string> = {}
): Promise<OtherServer> {
  const program = fileURLToPath(new URL('other-server.ts', import.meta.url))
  // A process group of its own, as a shell gives it: a test can interrupt all of it.
  const options = { execArgv: [], detached: true }
  const child = fork(program, [dataDir, JSON.stringify(settings)], options)
  const answered = once(child, 'message') as Promise<[Omit<OtherServer, 'process'>]>
  t.teardown(async () => {
    child.kill('SIGKILL')
    const [{ pid }] = await answered
    if (pid === undefined || !/postgres/.test(processCommand(pid) ?? '')) return
    process.kill(pid, 'SIGQUIT')
    await until(() => !isAlive(pid))
  })
  const [message] = await answered
  return { process: child, ...message }
}

/** Ends a server as a crash does, and waits until it is gone. */
export async function killServer(server: OtherServer): Promise<void> {
  const exited = once(server.process, 'exit')
  server.process.kill('SIGKILL')
  await exited
}

/** The first column of the first row. */
export async function ask(url: string, sql: string): Promise<unknown> {
  const client = new pg.Client({ connectionString: url })
  client.on('error', () => undefined)
  await client.connect()
  try {
    const { rows } = await client.query<{ answer: unknown }>(sql)
    return rows?.[0] && Object.values(rows[0])[0]
  } finally {
    await client.end().catch(() => undefined)
  }
}

export const isAlive = (pid: number): boolean => processIdentity(pid) !== null

/** Polls until the condition holds, for at most 20 s. */
export async function until(condition: () => boolean | Promise<boolean>): Promise<boolean> {
  const deadline = performance.now() + 20_000
  while (!(await condition())) {
    if (performance.now() > deadline) return false
    await delay(10)
  }
  return true
}

export const exists = (path: string): Promise<boolean> =>
  access(path).then(
    () => true,
    () => false
  )
