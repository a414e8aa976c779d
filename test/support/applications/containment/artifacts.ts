// Batchlets that do to their thread what a server must survive, one way each.
import { setFlagsFromString } from 'node:v8'
import type { Injected } from '../../../../src/batch/artifacts.ts'

export { aborting, eatingHeap, exiting, killingItself } from '../thread-quirks/artifacts.ts'
export { loopingAfterTellingProcessID, printingProcessID } from '../thread-quirks/artifacts.ts'

const aMinute = () => new Promise(resolve => setTimeout(resolve, 60_000))

export const rejectingInTimer = async () => {
  setTimeout(() => void Promise.reject(new Error('rejected in a timer')), 5)
  await aMinute()
}

export const growingMap = () => {
  const grown = new Map<number, object>()
  for (let n = 0; ; n++) grown.set(n, { n })
}

export const joining = ({ log }: Injected) => {
  const parts = Array.from({ length: 1_000_000 }, () => 'x'.repeat(300))
  log.info(String(parts.join('-').length))
}

export const splitting = ({ log }: Injected) => {
  const parts = 'x-'.repeat(60_000_000).split('-')
  log.info(String(parts.length))
}

/** V8 ends the process where it stands: no error that JavaScript could catch. */
export const crashingNatively = () => {
  setFlagsFromString('--allow-natives-syntax')
  // oxlint-disable-next-line typescript/no-implied-eval -- the syntax is V8's own
  new Function("%AbortJS('crashed')")()
}

/** Signals that are not on everybody's list of deadly ones. */
export const signallingItself = async ({ jobParameters }: Injected) => {
  process.kill(process.pid, jobParameters['signal'] ?? 'SIGSEGV')
  await aMinute()
}

/** All processes of its group, the server among them; with a signal that does nothing, should it get through. */
export const signallingItsGroup = async () => {
  process.kill(0, 'SIGWINCH')
  await aMinute()
}
