// Without this file a process id alone would have to do, and a number used again after a crash or a reboot would be taken for its old owner.
import { execFileSync } from 'node:child_process'
import { existsSync, readFileSync } from 'node:fs'
import { uptime } from 'node:os'

const HAS_PROC = existsSync('/proc/self/stat')

/** A process exists, but nothing tells it from another one that had its number before. */
export const ANONYMOUS = 'anonymous'

interface ProcStat {
  readonly command: string
  readonly state: string
  readonly startTicks: string
}

/**
 * What makes this life of a process id unique: boot id and start time where there is /proc, the start time of `ps` elsewhere.
 * Null: no such process (a zombie counts as none). `ANONYMOUS`: it exists, but its start time cannot be learnt.
 */
export function processIdentity(pid: number): string | null {
  if (HAS_PROC) {
    const stat = readStat(pid)
    if (stat !== null) return /[ZX]/.test(stat.state) ? null : `${bootId()}/${stat.startTicks}`
    // /proc mounted with hidepid hides the processes of other users; a signal still tells that they exist.
    return existence(pid) === 'of another user' ? ANONYMOUS : null
  }
  if (existence(pid) === null) return null
  return process.platform === 'win32' ? ANONYMOUS : (ps(pid, 'lstart=') ?? ANONYMOUS)
}

/** The command of a live process: its name where there is /proc, its whole command line elsewhere; null when unknown. */
export function processCommand(pid: number): string | null {
  if (HAS_PROC) return readStat(pid)?.command ?? null
  return process.platform === 'win32' ? null : ps(pid, 'command=')
}

/** The time of the last boot, in milliseconds since 1970. Exact to about a second. */
export function bootTime(): number {
  return performance.timeOrigin + performance.now() - uptime() * 1000
}

function readStat(pid: number): ProcStat | null {
  let text: string
  try {
    text = readFileSync(`/proc/${pid}/stat`, 'latin1')
  } catch {
    return null // no such process, or a hidden one
  }
  // proc(5): the command stands in parentheses and may contain any character, so the fields are counted after the last one.
  const end = text.lastIndexOf(')')
  const fields = text.slice(end + 2).split(' ')
  return {
    command: text.slice(text.indexOf('(') + 1, end),
    state: fields[0] ?? '',
    startTicks: fields[19] ?? ''
  }
}

function bootId(): string {
  try {
    return readFileSync('/proc/sys/kernel/random/boot_id', 'latin1').trim()
  } catch {
    return 'boot' // not shown in some sandboxes; the start time alone still tells most lives apart
  }
}

function existence(pid: number): 'ours' | 'of another user' | null {
  try {
    process.kill(pid, 0)
    return 'ours'
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM' ? 'of another user' : null
  }
}

function ps(pid: number, column: string): string | null {
  try {
    const env = { PATH: '/usr/bin:/bin', LC_ALL: 'C' }
    return (
      execFileSync('ps', ['-ww', '-o', column, '-p', String(pid)], { encoding: 'utf8', env }).trim() || null
    )
  } catch {
    return null // no `ps`, or the process ended meanwhile
  }
}
