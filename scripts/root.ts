// Where this checkout is, and how its own tools are run: scripts work from any directory and never take a tool of the machine.
import { type ChildProcess, spawn, type SpawnOptions } from 'node:child_process'
import { delimiter, join } from 'node:path'
import { fileURLToPath } from 'node:url'

export const ROOT = fileURLToPath(new URL('..', import.meta.url))

/** Starts a tool of `node_modules/.bin`, or the pinned `node`, in the checkout's directory. */
export function spawnTool(
  command: string,
  args: readonly string[],
  options: SpawnOptions = {}
): ChildProcess {
  const env = options.env ?? process.env
  const bin = join(ROOT, 'node_modules', '.bin')
  return spawn(command, args, {
    cwd: ROOT,
    shell: process.platform === 'win32', // there a tool of npm is a .cmd file
    ...options,
    env: { ...env, PATH: `${bin}${delimiter}${env['PATH'] ?? ''}` }
  })
}
