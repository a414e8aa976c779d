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
  /** Ended in order; safe twice. Also done at the benchmark's end. */
  stop(): Promise<void>
}

/** `databaseUrl`: migrated by the server. `nodeOptions` go to its process, e.g. `--cpu-prof`. */
export async function startBenchServer(
  bench: Bench,
  databaseUrl: string,
  settings: { readonly nodeOptions?: readonly string[] } = {}
): Promise<BenchServer> {
  const port = await freePort()
  const directory = path.join(bench.directory, `server-${port}`)
  await mkdir(directory)
  const log = path.join(directory, 'server.log')
  const output = await open(log, 'w')
  const child = spawn(process.execPath, [...(settings.nodeOptions ?? []), path.join(ROOT, 'src/main.ts')], {
    cwd: ROOT,
    stdio: ['ignore', output.fd, output.fd],
    // Ctrl-C would reach it too, and it is stopped by us.
    detached: true,
    env: {
      PATH: process.env['PATH'],
      BATCH_HOST: '127.0.0.1',
      BATCH_PORT: String(port),
      BATCH_DATABASE_URL: databaseUrl,
      BATCH_DATA_DIR: directory,
      BATCH_JOBLOG_DIR: path.join(directory, 'joblogs'),
      BATCH_APPS_DIR: path.join(ROOT, 'bench/applications'),
      BATCH_LOG_LEVEL: 'warn'
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
    await delay(50)
  }
  return { url, stop }
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
