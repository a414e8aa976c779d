// A child process shares no memory with its server: it asks for space over a pipe of its own, and waits for the answer as a write
// of a log line waits for the disk. Messages would come too late for job code that logs without ever giving way.
import fs from 'node:fs'
import type { LogSpace } from '../../joblog/log-space.ts'

/** Of the pipe, in the child process; 0 to 2 are its streams, 3 is Node's channel. */
export const SPACE_DESCRIPTOR = 4

/** An answer takes the server's event loop a turn, so it is for some 600 lines. */
const SHARE = 128 * 1024

/** How long a refusal is believed: a job that logs on and on must not ask for each line. */
const AGAIN_MS = 1000

export class AskedSpace implements LogSpace {
  readonly share = SHARE
  shortage = ''
  #refused = Number.NEGATIVE_INFINITY

  take(bytes: number): number {
    if (performance.now() - this.#refused < AGAIN_MS) return 0
    const [, taken, why] = /^(\d+)(?: (.*))?$/.exec(ask(`take ${bytes}`)) ?? []
    if (taken === undefined) throw new Error('the server gave no answer about space for job logs')
    if (Number(taken) < bytes) {
      this.shortage = why ?? ''
      this.#refused = performance.now()
    }
    return Number(taken)
  }

  give(bytes: number): void {
    if (bytes !== 0) ask(`give ${bytes}`)
  }
}

/** One line there, one line back. `''` when the server is gone. */
function ask(request: string): string {
  fs.writeSync(SPACE_DESCRIPTOR, `${request}\n`)
  const buffer = Buffer.alloc(1024)
  let read = 0
  while (read < buffer.length && !buffer.subarray(0, read).includes(10)) {
    const more = fs.readSync(SPACE_DESCRIPTOR, buffer, read, buffer.length - read, null)
    if (more === 0) return ''
    read += more
  }
  return buffer.toString('utf8', 0, read).trimEnd()
}
