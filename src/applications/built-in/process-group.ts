// A command of the operating system as a process group of its own that ends with its unit; without it a killed server would leave commands at work that a restart starts again.
import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import type { Readable, Writable } from 'node:stream'
import { createInterface } from 'node:readline'
import { BoundedLines } from './bounded-lines.ts'

/**
 * Leads the group and stands between the command and us. Its standard input is the life line: a line on it sends SIGTERM to
 * the group, its end SIGKILL. The kernel ends it when this thread or the whole server dies, whatever killed them, and no job
 * code of the group can keep it open. SIGKILL at once then, because whoever recovers the job may start the command again.
 *
 * Descriptor 3 tells the exit code, and a second line when all output was handed on. Output goes through `cat`, because
 * Node's pipes are sockets and `>/dev/stderr` in a script cannot open one. `wait` keeps the leader, so that its end is the
 * end of the group.
 */
const LEADER = `
trap '' TERM INT HUP QUIT
exec 4<&0 </dev/null
( while read -r _ <&4; do kill -TERM 0; done; kill -KILL 0 ) >/dev/null 2>&1 3>&- &
exec 4<&-
{ {
  ( trap - TERM INT HUP QUIT; exec "$@" ) >&5 3>&- 5>&-
  echo $? >&3
} 2>&1 >/dev/null | command -p cat >&2 3>&- 5>&-; } 5>&1 | command -p cat 3>&-
echo drained >&3
wait
`

/** How long output of processes that the command left behind is waited for. */
const LEFT_BEHIND_MS = 1000

export interface GroupCommand {
  /** The command and its arguments; no shell reads them. */
  readonly command: readonly [string, ...string[]]
  readonly directory: string
  /** All of it: nothing is inherited. */
  readonly environment: Readonly<Record<string, string>>
  readonly onLine: (stream: 'stdout' | 'stderr', line: string) => void
}

export interface ProcessGroup {
  /** SIGTERM to each process of the group. */
  terminate(): void
  /** SIGKILL, and nothing of the group is left. */
  kill(): void
  /**
   * Resolves when the group is gone, with the command's exit code (128 + n: by signal n, as a shell has it) or `null` when it
   * was killed. Rejects when it could not be started.
   */
  readonly ended: Promise<number | null>
}

export function startProcessGroup({ command, directory, environment, onLine }: GroupCommand): ProcessGroup {
  const leader = spawn('/bin/sh', ['-c', LEADER, 'shellBatchlet', ...command], {
    cwd: directory,
    env: environment,
    detached: true,
    stdio: ['pipe', 'pipe', 'pipe', 'pipe']
  })
  // What `ended` does not hear of, for want of descriptors, is told below.
  leader.on('error', () => {})
  if (!leader.stdio) throw new Error('The command cannot be started: no files can be opened any more.')
  const [lifeLine, stdout, stderr, told] = leader.stdio as unknown as [Writable, Readable, Readable, Readable]
  // The leader is gone already: there is nobody left to tell.
  lifeLine.on('error', () => {})
  const outputs = [
    linesOf(stdout, line => onLine('stdout', line)),
    linesOf(stderr, line => onLine('stderr', line))
  ]
  const kill = () => void lifeLine.end()
  return {
    terminate: () => void (lifeLine.writable && lifeLine.write('stop\n')),
    kill,
    ended: endOf(leader, told, kill).finally(() => outputs.forEach(flush => flush()))
  }
}

async function endOf(leader: ChildProcess, told: Readable, kill: () => void): Promise<number | null> {
  let code: number | null = null
  let late: NodeJS.Timeout | undefined
  createInterface({ input: told }).on('line', line => {
    if (/^\d+$/.test(line)) {
      code = Number(line)
      late = setTimeout(kill, LEFT_BEHIND_MS)
    } else kill()
  })
  // A leader that was killed by its own group leaves the others behind.
  leader.once('exit', kill)
  try {
    await once(leader, 'close')
    return code
  } finally {
    clearTimeout(late)
  }
}

function linesOf(stream: Readable, onLine: (line: string) => void): () => void {
  const lines = new BoundedLines(onLine)
  // Lines are written as they come: while the log is slow nothing is read, and the command waits at its full pipe.
  stream.setEncoding('utf8').on('data', (text: string) => lines.add(text))
  return () => lines.flush()
}
