// The command line as its users have it: a process of its own, judged by its exit code and by what it prints.
import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import path from 'node:path'
import type { Teardown } from '../support/database.ts'

const BIN = path.resolve(import.meta.dirname, '../../src/cli/batchyard.ts')

export interface Finished {
  readonly code: number | null
  readonly signal: NodeJS.Signals | null
  readonly stdout: string
  readonly stderr: string
}

export interface Running {
  readonly child: ChildProcess
  /** Resolves once standard output has what matches. */
  says(pattern: RegExp): Promise<void>
  /** So far. */
  stdout(): string
  readonly finished: Promise<Finished>
}

export interface Place {
  /** Where it runs. */
  readonly cwd?: string
  readonly environment?: Readonly<Record<string, string>>
  /** Another bin than that of the sources. */
  readonly bin?: string
}

/** Without waiting for its end. */
export function start(t: Teardown, args: readonly string[], place: Place = {}): Running {
  return follow(t, process.execPath, [place.bin ?? BIN, ...args], place)
}

export async function run(t: Teardown, args: readonly string[], place: Place = {}): Promise<Finished> {
  return await start(t, args, place).finished
}

/** On a terminal of its own, made by script(1), which hands the exit code on; what is typed goes to `child.stdin`. */
export function startOnTerminal(t: Teardown, args: readonly string[]): Running {
  const command = [process.execPath, BIN, ...args].map(word => `'${word}'`).join(' ')
  return follow(t, 'script', ['-qec', command, '/dev/null'], {})
}

function follow(t: Teardown, file: string, args: readonly string[], { cwd, environment }: Place): Running {
  const child = spawn(file, args, {
    ...(cwd === undefined ? {} : { cwd }),
    env: { ...process.env, NODE_OPTIONS: '', TZ: 'UTC', ...environment },
    stdio: [file === 'script' ? 'pipe' : 'ignore', 'pipe', 'pipe']
  })
  let stdout = ''
  let stderr = ''
  const looks = new Set<() => void>()
  child.stdout!.setEncoding('utf8').on('data', (text: string) => {
    stdout += text
    for (const look of looks) look()
  })
  child.stderr!.setEncoding('utf8').on('data', (text: string) => (stderr += text))
  const finished = once(child, 'close').then(([code, signal]) => ({
    code: code as number | null,
    signal: signal as NodeJS.Signals | null,
    stdout,
    stderr
  }))
  t.teardown(async () => {
    child.kill('SIGKILL')
    await finished
  })
  const says = async (pattern: RegExp) => {
    const found = Promise.withResolvers<void>()
    const look = () => {
      if (pattern.test(stdout)) found.resolve()
    }
    looks.add(look)
    look()
    void finished.then(() =>
      found.reject(new Error(`ended without saying ${pattern}:\n${stdout}\n${stderr}`))
    )
    await found.promise
    looks.delete(look)
  }
  return { child, says, stdout: () => stdout, finished }
}
