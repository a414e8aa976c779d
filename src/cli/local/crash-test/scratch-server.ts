// The server that a crash test kills: a process of its own, on a scratch database and in a scratch folder.
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { open, readFile } from 'node:fs/promises'
import { createInterface } from 'node:readline'
import path from 'node:path'
import { serverEnvironment } from '../../../config/server-environment.ts'

const EXTENSION = import.meta.url.endsWith('.ts') ? 'ts' : 'js'
/** In `src` or `dist`. */
const ENTRY = path.resolve(import.meta.dirname, '../../..', `main.${EXTENSION}`)

export interface ScratchServerOptions {
  /** Of this run: data, job logs and server.log go there. */
  readonly folder: string
  readonly databaseUrl: string
  readonly appsDir: string
  readonly recovery: 'fail' | 'resume'
}

export interface ScratchServer {
  readonly url: string
  /** Rejects when the server ends unasked. */
  readonly died: Promise<never>
  /** SIGKILL; resolves when it is gone. */
  kill(): Promise<void>
}

/** @throws Error with the last lines it printed when it ends before it is ready; nothing is left running then. */
export async function startScratchServer(
  options: ScratchServerOptions,
  signal: AbortSignal
): Promise<ScratchServer> {
  signal.throwIfAborted()
  const logFile = path.join(options.folder, 'server.log')
  const child = spawn(process.execPath, [ENTRY], {
    cwd: options.folder,
    env: serverEnvironment({
      BATCH_HOST: '127.0.0.1',
      BATCH_PORT: '0',
      BATCH_DATABASE_URL: options.databaseUrl,
      BATCH_DATA_DIR: path.join(options.folder, 'data'),
      BATCH_JOBLOG_DIR: path.join(options.folder, 'joblogs'),
      BATCH_APPS_DIR: options.appsDir,
      BATCH_SERVER_ID: 'crash-test',
      BATCH_RECOVERY: options.recovery,
      BATCH_LOG_LEVEL: 'info'
    }),
    stdio: ['ignore', 'pipe', 'pipe'],
    // Ctrl-C would reach it too; it is ended by whoever started it.
    detached: true
  })
  const log = await open(logFile, 'a', 0o600)
  const ready = Promise.withResolvers<string>()
  let killed = false
  const ended = once(child, 'close').then(async () => {
    await log.close()
    if (killed) return await new Promise<never>(() => {})
    throw new Error(`the server ended by itself:\n${await lastLines(logFile)}`)
  })
  ended.catch(ready.reject)
  for (const stream of [child.stdout, child.stderr])
    createInterface({ input: stream }).on('line', line => {
      // A job that prints much is no reason to wait; and the file is closed once the streams are.
      void log.write(`${line}\n`).catch(() => {})
      const address = addressIn(line)
      if (address !== null) ready.resolve(address)
    })
  const kill = async () => {
    if (killed) return
    killed = true
    const gone = once(child, 'close')
    if (child.kill('SIGKILL')) await gone
  }
  const abort = () => ready.reject(signal.reason)
  signal.addEventListener('abort', abort, { once: true })
  try {
    return { url: await ready.promise, died: ended, kill }
  } catch (error) {
    await kill()
    throw error
  } finally {
    signal.removeEventListener('abort', abort)
  }
}

/** The address in the server's own line that says it is ready; `null` for every other line. */
function addressIn(line: string): string | null {
  if (!line.includes('"msg":"ready"')) return null
  try {
    const { address } = JSON.parse(line) as { address?: unknown }
    return typeof address === 'string' ? address : null
  } catch {
    return null // printed by a job
  }
}

async function lastLines(file: string): Promise<string> {
  return (await readFile(file, 'utf8')).trimEnd().split('\n').slice(-15).join('\n')
}
