// Batchlets that do to their thread what a server must survive, one way each.
import { setFlagsFromString } from 'node:v8'
import type { Injected } from '../../../../src/batch/artifacts.ts'

export { aborting, eatingHeap, endlessLoop, exiting, killingItself } from '../thread-quirks/artifacts.ts'
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

/** Deeper than the stack is: no error can be thrown any more, the process gets SIGSEGV. */
export const crashingNatively = () => {
  setFlagsFromString('--stack-size=2000000')
  const deeper = (n: number): number => 1 + deeper(n + 1)
  deeper(0)
}

/** Signals that are not on everybody's list of deadly ones. */
export const signallingItself = async ({ jobParameters }: Injected) => {
  process.kill(process.pid, jobParameters['signal'] ?? 'SIGSEGV')
  await aMinute()
}

/** All processes of its group, the server among them. */
export const signallingItsGroup = async () => {
  process.kill(0, 'SIGTERM')
  await aMinute()
}
