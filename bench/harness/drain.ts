// Takes bytes from a program's output or an HTTP answer as fast as they come, and keeps none: what both sides of a comparison pay alike.
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { get, type IncomingMessage } from 'node:http'
import type { Readable } from 'node:stream'

export interface Drained {
  readonly bytes: number
  readonly seconds: number
}

/** The whole body of the answer; throws unless it is 200. */
export async function drainHttp(url: string): Promise<Drained> {
  const begun = performance.now()
  const [answer] = (await once(get(url), 'response')) as [IncomingMessage]
  const bytes = await drain(answer)
  if (answer.statusCode !== 200) throw new Error(`${url} was answered ${answer.statusCode}`)
  return { bytes, seconds: (performance.now() - begun) / 1000 }
}

/** The standard output of a program in `directory`; throws when it fails. `null` = it is not there. */
export async function drainProgram(
  program: string,
  args: readonly string[],
  directory: string
): Promise<Drained | null> {
  const begun = performance.now()
  const child = spawn(program, args, { cwd: directory, stdio: ['ignore', 'pipe', 'ignore'] })
  const closed = once(child, 'close')
  // Heard below; a program that is missing must not count as unhandled before.
  closed.catch(() => {})
  const bytes = await drain(child.stdout)
  const code: unknown = await closed.then(
    ([code]) => code,
    (error: NodeJS.ErrnoException) => error.code
  )
  if (code === 'ENOENT') return null
  if (code !== 0) throw new Error(`${program} ended with ${String(code)}`)
  return { bytes, seconds: (performance.now() - begun) / 1000 }
}

async function drain(stream: Readable): Promise<number> {
  let bytes = 0
  stream.on('data', (chunk: Buffer) => (bytes += chunk.length))
  await once(stream, 'end')
  return bytes
}
