// What happens to servers in a storm, each a short story with its end: the server is up again, or the storm has failed.
import { readdirSync, readFileSync } from 'node:fs'
import { lasting, type Seeded, within } from '../../support/chaos.ts'
import type { TcpProxy } from '../../support/tcp-proxy.ts'
import type { StormServer } from './storm-fleet.ts'
import type { StormPlace } from './storm-place.ts'

export const TROUBLES = [
  /** kill -9, and a new start of the same name soon. */
  'kill',
  /** kill -9, and no new start before the others have taken its work. */
  'vanish',
  /** SIGSTOP until the others have declared it dead, then SIGCONT. */
  'pause',
  /** SIGSTOP for less than a lease. */
  'blink',
  /** SIGTERM and a new start. */
  'roll',
  /** Cut off from PostgreSQL until it is declared dead, then not any more. */
  'cut',
  /** Cut off for less than a lease. */
  'flicker',
  /** PostgreSQL crashes, or is restarted. */
  'postgres'
] as const
export type Trouble = (typeof TROUBLES)[number]

/** These go through the proxy. */
export const NEEDS_PROXY: readonly Trouble[] = ['cut', 'flicker']

export interface Surroundings {
  readonly place: StormPlace
  readonly proxy: TcpProxy
  readonly leaseSeconds: number
  readonly random: Seeded
  /** What should not have been. */
  problem(text: string): void
  /** How often a server came back from the dead and what it did then. */
  readonly wakes: { exited: number; survived: number }
}

/** A server that is not told dead for this many leases is not going to be. */
const LEASES_TO_WAIT = 12

export async function make(trouble: Trouble, server: StormServer, around: Surroundings): Promise<void> {
  const { random, proxy, place } = around
  const { process } = server
  if (process === null) return
  switch (trouble) {
    case 'kill':
      process.kill('SIGKILL')
      await process.ended
      await lasting(random.between(0, 1000))
      break
    case 'vanish':
      process.kill('SIGKILL')
      await process.ended
      await declaredDead(server, around)
      break
    case 'blink':
      process.kill('SIGSTOP')
      await lasting(random.between(100, 1500))
      process.kill('SIGCONT')
      return
    case 'pause': {
      process.kill('SIGSTOP')
      const dead = await declaredDead(server, around)
      await lasting(random.between(0, 500))
      process.kill('SIGCONT')
      if (!dead || !(await backFromTheDead(server, around))) return
      break
    }
    case 'roll': {
      process.kill('SIGTERM')
      const end = await process.ended
      // It may have had no time on this machine to prove that it lives while it drained.
      if (end.code !== 0 && !/declared this one dead/.test(process.log()))
        around.problem(`${server.name} after SIGTERM: ${JSON.stringify(end)}\n${tail(process.log())}`)
      break
    }
    case 'flicker':
      proxy.close()
      await lasting(random.between(50, 1500))
      proxy.open()
      return
    case 'cut': {
      proxy.close()
      const dead = await declaredDead(server, around)
      await lasting(random.between(0, 500))
      proxy.open()
      if (!dead || !(await backFromTheDead(server, around))) return
      break
    }
    case 'postgres':
      await place.restartPostgres(random.pick(['crash', 'restart']), random.between(100, 1500))
      return
  }
  await server.start()
}

/** By another server, in the repository; `false` when it takes too long. */
async function declaredDead({ incarnation, name }: StormServer, around: Surroundings): Promise<boolean> {
  const { place, leaseSeconds } = around
  const patience = LEASES_TO_WAIT * leaseSeconds * 1000
  for (const began = performance.now(); performance.now() - began < patience; await lasting(100)) {
    try {
      const { rows } = (await place.db.raw(
        'select from batchyard.incarnation where incarnation = ? and dead_at is null',
        [incarnation]
      )) as { rows: object[] }
      if (rows.length === 0) return true
    } catch {
      // PostgreSQL is being restarted.
    }
  }
  around.problem(`${name} gave no sign of life for ${patience / 1000} s, and nobody took its work`)
  return false
}

/** It must end, with 1, and say why. */
async function backFromTheDead(server: StormServer, around: Surroundings): Promise<boolean> {
  const { process, name } = server
  if (process === null) return true
  const patience = LEASES_TO_WAIT * around.leaseSeconds * 1000
  const end = await within(patience, process.ended)
  if (end === null) {
    around.wakes.survived++
    around.problem(
      `${name} was declared dead and went on for ${patience / 1000} s:\n${tail(process.log())}\n${threadsOf(process.pid)}`
    )
    return false
  }
  around.wakes.exited++
  if (end.code !== 1 || !/declared this one dead/.test(process.log()))
    around.problem(`${name} was declared dead and ended with ${JSON.stringify(end)}:\n${tail(process.log())}`)
  return true
}

/** What the threads of a process that should be gone wait for, on Linux. */
function threadsOf(pid: number): string {
  try {
    return readdirSync(`/proc/${pid}/task`)
      .map(task => {
        const of = (file: string) => readFileSync(`/proc/${pid}/task/${task}/${file}`, 'utf8').trim()
        return `${task} ${of('comm')} ${/State:\s+(.*)/.exec(of('status'))?.[1]} ${of('wchan')}`
      })
      .join('\n')
  } catch (error) {
    return String(error)
  }
}

function tail(log: string): string {
  return log.trim().split('\n').slice(-15).join('\n')
}
