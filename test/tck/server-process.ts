// Starts the server as a process of its own and always ends it.
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { createWriteStream } from 'node:fs'
import { readFile } from 'node:fs/promises'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'

const MAIN = fileURLToPath(new URL('../../src/main.ts', import.meta.url))

export interface ServerProcess {
  /** `http://host:port` */
  readonly url: string
  stop(): Promise<void>
}

/** `settings`: the BATCH_ variables; those of the environment do not reach it. `log`: file for what it prints. */
export async function startServer(
  settings: Readonly<Record<string, string>>,
  log: string
): Promise<ServerProcess> {
  const inherited = Object.entries(process.env).filter(([name]) => !name.startsWith('BATCH_'))
  const child = spawn(process.execPath, [MAIN], {
    env: { ...Object.fromEntries(inherited), BATCH_HOST: '127.0.0.1', BATCH_PORT: '0', ...settings },
    stdio: ['ignore', 'pipe', 'pipe']
  })
  const output = createWriteStream(log, { flags: 'a' })
  child.stderr.pipe(output, { end: false })
  child.stdout.pipe(output, { end: false })
  const ended = once(child, 'close').then(() => new Promise(resolve => output.end(resolve)))
  const ready = new Promise<string>(resolve => {
    createInterface({ input: child.stdout }).on('line', line => {
      if (!line.includes('"ready"')) return
      const { msg, address } = JSON.parse(line) as { msg: string; address: string }
      if (msg === 'ready') resolve(address)
    })
  })
  const url = await Promise.race([ready, ended.then(() => null)])
  if (url === null) throw new Error(`the server did not start:\n${await readFile(log, 'utf8')}`)
  return {
    url,
    async stop() {
      if (child.exitCode === null && child.signalCode === null) child.kill('SIGTERM')
      await ended
    }
  }
}
