// Batchlets that misbehave towards the thread they run in, one way each.
import type { Injected } from '../../../../src/batch/artifacts.ts'

export const answering = ({ properties }: Injected) => properties['answer'] ?? 'answered'

const left: string[][] = []

/** For ever. */
export const leaving200kB = () => {
  left.push(Array.from({ length: 6500 }, (_, at) => `${left.length} ${at}`))
}

export const endlessLoop = () => {
  for (;;);
}

export const exiting = () => process.exit(3)

export const killingItself = () => process.kill(process.pid)

export const aborting = () => process.abort()

export const eatingHeap = () => {
  const eaten: number[][] = []
  for (;;) eaten.push(Array.from({ length: 100_000 }, Math.random))
}

export const leavingRejection = async () => {
  void Promise.reject(new Error('nobody waits for me'))
  await new Promise(resolve => setTimeout(resolve, 60_000))
}

export const throwingInTimer = async () => {
  setTimeout(() => {
    throw new TypeError('thrown in a timer')
  }, 1)
  await new Promise(resolve => setTimeout(resolve, 60_000))
}

/** Ends at once and leaves something that fails while the next unit is at work. */
export const leavingTimerBehind = () => {
  setTimeout(() => void Promise.reject(new Error('left behind')), 50)
}

export const waiting = async ({ signal }: Injected) => {
  await new Promise(resolve => signal.addEventListener('abort', resolve))
}

export const pausing = async () => {
  await new Promise(resolve => setTimeout(resolve, 200))
}

export const printing = async () => {
  console.log('printed %d', 1)
  console.error('warned')
  process.stdout.write('no line feed')
}

export const tellingEnvironment = () => {
  for (const name of Object.keys(process.env).sort()) console.log(name)
}

export const printingProcessID = async ({ log, signal }: Injected) => {
  log.info(`pid ${process.pid}`)
  await new Promise(resolve => signal.addEventListener('abort', resolve))
}

export const loopingAfterTellingProcessID = ({ log }: Injected) => {
  log.info(`pid ${process.pid}`)
  for (;;);
}
