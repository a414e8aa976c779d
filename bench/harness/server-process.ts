// The server that is measured: a process of its own, as in production, on a free port of 127.0.0.1, always ended.
import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdir, open, readFile } from 'node:fs/promises'
import { createServer } from 'node:net'
import path from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import type { Bench } from './benchmark.ts'

const ROOT = path.resolve(import.meta.dirname, '../..')
const READY_WITHIN_MS = 60_000
const STOPPED_WITHIN_MS = 40_000

export interface BenchServer {
  readonly url: string
  /** Of its process. */
  readonly pid: number
  /** Folder of its job logs. */
  readonly jobLogs: string
  /** From the start of its process until it was ready. */
  readonly readyMs: number
  /** Ended in order; safe twice. Also done at the benchmark's end. */
  stop(): Promise<void>
}

export interface BenchServerSettings {
  /** Of its process, e.g. `--cpu-prof`. */
  readonly nodeOptions?: readonly string[]
  /** Beside and over what each server of a benchmark is given. */
  readonly environment?: Readonly<Record<string, string>>
  /** How often its readiness is asked for. */
  readonly pollMs?: number
}

/** `databaseUrl`: migrated by the server; `null` = it brings an embedded PostgreSQL of its own. */
export async function startBenchServer(
  bench: Bench,
  databaseUrl: string | null,
  settings: BenchServerSettings = {}
): Promise<BenchServer> {
  const port = await freePort()
  const directory = path.join(bench.directory, `server-${port}`)
  const jobLogs = settings.environment?.['BATCH_JOBLOG_DIR'] ?? path.join(directory, 'joblogs')
  await mkdir(directory)
  const log = path.join(directory, 'server.log')
  const output = await open(log, 'w')
  const begun = performance.now()
  const child = spawn(process.execPath, [...(settings.nodeOptions ?? []), path.join(ROOT, 'src/main.ts')], {
    cwd: ROOT,
    stdio: ['ignore', output.fd, output.fd],
    // Ctrl-C would reach it too, and it is stopped by us.
    detached: true,
    env: {
      PATH: process.env['PATH'],
      BATCH_HOST: '127.0.0.1',
      BATCH_PORT: String(port),
      ...(databaseUrl === null ? {} : { BATCH_DATABASE_URL: databaseUrl }),
      BATCH_DATA_DIR: directory,
      BATCH_JOBLOG_DIR: jobLogs,
      BATCH_APPS_DIR: path.join(ROOT, 'bench/applications'),
      BATCH_LOG_LEVEL: 'warn',
      ...settings.environment
    }
  })
  const ended = once(child, 'exit')
  await output.close()
  let stopping: Promise<void> | null = null
  const stop = () => (stopping ??= endProcess(child, ended))
  bench.atEnd(stop)
  const url = `http://127.0.0.1:${port}`
  const deadline = performance.now() + READY_WITHIN_MS
  while (!(await isReady(url))) {
    bench.signal.throwIfAborted()
    if (child.exitCode !== null || performance.now() > deadline)
      throw new Error(`the server did not become ready: ${await readFile(log, 'utf8')}`)
    await delay(settings.pollMs ?? 50)
  }
  return { url, pid: child.pid!, jobLogs, readyMs: performance.now() - begun, stop }
}

async function isReady(url: string): Promise<boolean> {
  const answer = await fetch(`${url}/readyz`).catch(() => null)
  await answer?.body?.cancel()
  return answer?.status === 200
}

async function endProcess(child: ChildProcess, ended: Promise<unknown>): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return
  child.kill('SIGTERM')
  const killer = setTimeout(() => child.kill('SIGKILL'), STOPPED_WITHIN_MS)
  await ended
  clearTimeout(killer)
}

async function freePort(): Promise<number> {
  const probe = createServer().listen(0, '127.0.0.1')
  await once(probe, 'listening')
  const address = probe.address()
  probe.close()
  await once(probe, 'close')
  if (address === null || typeof address === 'string') throw new Error('a TCP server has no port')
  return address.port
}
