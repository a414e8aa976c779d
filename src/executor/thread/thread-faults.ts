// What job code can do to the whole thread (an error nobody catches, process.exit, a signal to itself) costs its unit, with a reason, and nobody else.
import { JOB_LOGGER } from '../../joblog/job-log-writer.ts'
import { describeError, toError } from '../artifact-error.ts'
import type { FromThread } from './messages.ts'
import { type UnitAtWork, unitAtWork, unitToBlame } from './unit-at-work.ts'

/** Exit code of a thread that has told why it ends. */
export const CRASHED_EXIT_CODE = 70

/** What a process may send itself: 0 only asks, the others do nothing unless somebody listens. SIGUSR1 would open the inspector. */
const HARMLESS = new Set<unknown>([0, 'SIGCONT', 'SIGWINCH', 'SIGURG', 'SIGCHLD'])

/** Takes over the ends of this thread. `post` reaches the server. */
export function guardThread(post: (message: FromThread) => void): void {
  const exit = process.exit.bind(process)
  const kill = process.kill.bind(process)
  const server = process.send ? process.ppid : process.pid

  function crash(unit: UnitAtWork, reason: string, error?: Error): never {
    unit.log.write(JOB_LOGGER, `The thread of this job ends: ${reason}`, error)
    unit.log.close()
    post({ type: 'crashed', reason })
    return exit(CRASHED_EXIT_CODE)
  }

  function unhandled(how: string, thrown: unknown): void {
    const error = toError(thrown)
    const unit = unitToBlame()
    const reason = `${how}: ${describeError(error)}`
    if (unit) crash(unit, reason, error)
    post({ type: 'sullied', reason })
  }

  /** Left-overs of an earlier unit cannot end the thread of the one at work: they meet an error of their own. */
  function refuseOrCrash(what: string): never {
    const unit = unitToBlame()
    if (unit) crash(unit, `job code called ${what}`)
    throw new Error(`${what} is refused: the unit that calls it is not the one at work`)
  }

  process.on('uncaughtException', thrown => unhandled('job code threw an error that nothing caught', thrown))
  process.on('unhandledRejection', thrown => unhandled('job code left a rejected promise unhandled', thrown))
  process.exit = code => refuseOrCrash(`process.exit(${code ?? ''})`)
  process.kill = (pid, signal) => {
    // In a worker thread its own process is the server's; a child process has the server above it and in its group.
    const named = Number(pid)
    if (signal === 0 || (named > 0 && named !== process.pid && named !== server)) return kill(pid, signal)
    if (named === process.pid && HARMLESS.has(signal)) return kill(pid, signal)
    return refuseOrCrash(
      `process.kill(${named === process.pid ? 'process.pid' : pid}, '${signal ?? 'SIGTERM'}')`
    )
  }
}

/** For what comes up in the thread's own code while a unit is at work. */
export function threadFault(error: unknown): string {
  const unit = unitAtWork()
  return `${unit ? `${unit.name}: ` : ''}${describeError(toError(error))}`
}
