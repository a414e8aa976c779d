// Starts the bare Fastify + pg server that stands beside ours, in a process of its own.
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import path from 'node:path'
import type { Bench } from './benchmark.ts'

export interface BareServer {
  readonly url: string
  /** From the start of its process until it listened. */
  readonly readyMs: number
  /** Safe twice. Also done at the benchmark's end. */
  stop(): Promise<void>
}

export async function startBareServer(bench: Bench, databaseUrl: string): Promise<BareServer> {
  const begun = performance.now()
  const child = spawn(process.execPath, [path.join(import.meta.dirname, 'bare-server.ts')], {
    stdio: ['ignore', 'pipe', 'inherit'],
    env: { PATH: process.env['PATH'], BENCH_DATABASE_URL: databaseUrl, NODE_ENV: 'production' }
  })
  const ended = once(child, 'exit')
  const stop = async () => {
    child.kill('SIGKILL')
    await ended
  }
  bench.atEnd(stop)
  const [line] = (await once(child.stdout, 'data')) as [Buffer]
  return { url: line.toString().trim(), readyMs: performance.now() - begun, stop }
}
