// Starts the server as a process of its own and always ends it; what the demo shows is what an operator gets.
import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdir, open, readFile } from 'node:fs/promises'
import { createServer } from 'node:net'
import { join, resolve } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'

const ROOT = fileURLToPath(new URL('..', import.meta.url))

/** Making a database takes seconds, on a slow disk many. */
const READY_WITHIN_SECONDS = 120

/** Longer than the server's own BATCH_SHUTDOWN_SECONDS. */
const STOPPED_WITHIN_SECONDS = 40

export interface ServerProcess {
  readonly url: string
  readonly dataDir: string
  /** File with what the server printed. */
  readonly log: string
  readonly pid: number
  /** Rejects when the server ends without having been asked to. */
  readonly died: Promise<never>
  /** Ends the server: SIGTERM, after its grace period SIGKILL. Safe twice. */
  stop(): Promise<void>
}

/**
 * Starts `src/main.ts` on a free port of 127.0.0.1 and waits until it is ready.
 * @throws Error with the last lines the server printed; nothing is left running
 */
export async function startServer(signal: AbortSignal): Promise<ServerProcess> {
  const dataDir = resolve(process.env['BATCH_DATA_DIR'] ?? join(ROOT, '.batchyard', 'demo'))
  await mkdir(dataDir, { recursive: true })
  const log = join(dataDir, 'server.log')
  const url = `http://127.0.0.1:${await freePort()}`
  const { child, ended } = await spawnServer(dataDir, log, new URL(url).port)
  let stopping = false
  const died = ended.then(async () => {
    if (stopping) return new Promise<never>(() => {})
    throw new Error(
      `the server ended (${child.signalCode ?? `exit code ${child.exitCode}`}); its last lines, from ${log}:\n${await lastLines(log)}`
    )
  })
  // It is awaited now and then only.
  died.catch(() => {})
  const server = {
    url,
    dataDir,
    log,
    pid: child.pid!,
    died,
    async stop() {
      stopping = true
      await endProcess(child, ended)
    }
  }
  const given = new AbortController()
  try {
    await Promise.race([untilReady(url, AbortSignal.any([signal, given.signal])), died])
    return server
  } catch (error) {
    // Who still asks a dead server whether it is ready would keep this process alive.
    given.abort()
    await server.stop()
    throw error
  }
}

interface Spawned {
  readonly child: ChildProcess
  /** Listened for from the first moment: a server that is misconfigured ends at once. */
  readonly ended: Promise<unknown[]>
}

async function spawnServer(dataDir: string, log: string, port: string): Promise<Spawned> {
  // Settings of another server on this machine, as its users or its certificate, are not the demo's.
  const inherited = Object.entries(process.env).filter(
    ([name]) => !name.startsWith('BATCH_') || name === 'BATCH_DATABASE_URL'
  )
  const env = {
    ...Object.fromEntries(inherited),
    BATCH_HOST: '127.0.0.1',
    BATCH_PORT: port,
    BATCH_DATA_DIR: dataDir,
    BATCH_JOBLOG_DIR: join(dataDir, 'joblogs'),
    BATCH_APPS_DIR: join(ROOT, 'jsl-samples')
  }
  const output = await open(log, 'w', 0o600)
  try {
    const child = spawn(process.execPath, [join(ROOT, 'src', 'main.ts')], {
      cwd: ROOT,
      env,
      stdio: ['ignore', output.fd, output.fd],
      // Ctrl-C would reach it too, and a second signal may mean "at once" to a server.
      detached: true
    })
    const ended = once(child, 'exit')
    ended.catch(() => {})
    await once(child, 'spawn')
    return { child, ended }
  } finally {
    await output.close()
  }
}

async function untilReady(url: string, signal: AbortSignal): Promise<void> {
  const deadline = AbortSignal.timeout(READY_WITHIN_SECONDS * 1000)
  while (!deadline.aborted) {
    signal.throwIfAborted()
    const answer = await fetch(`${url}/readyz`, { signal }).catch(() => null)
    await answer?.body?.cancel()
    if (answer?.status === 200) return
    await delay(100)
  }
  throw new Error(`the server was not ready within ${READY_WITHIN_SECONDS} s`)
}

async function endProcess(child: ChildProcess, ended: Promise<unknown>): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return
  child.kill('SIGTERM')
  const patience = new AbortController()
  const outOfPatience = delay(STOPPED_WITHIN_SECONDS * 1000, 'late', { signal: patience.signal }).catch(
    () => null
  )
  if ((await Promise.race([ended, outOfPatience])) === 'late') child.kill('SIGKILL')
  patience.abort()
  await ended
}

/** Somebody else may take it before the server does; then the server says so and the demo ends. */
async function freePort(): Promise<number> {
  const probe = createServer().listen(0, '127.0.0.1')
  await once(probe, 'listening')
  const address = probe.address()
  probe.close()
  await once(probe, 'close')
  if (address === null || typeof address === 'string') throw new Error('a TCP server has no port')
  return address.port
}

async function lastLines(file: string): Promise<string> {
  return (await readFile(file, 'utf8')).trimEnd().split('\n').slice(-15).join('\n')
}
