// Batchlets that leave a trace in a file: when each began and ended, so that a test sees how many ran at one time.
import { appendFileSync } from 'node:fs'
import { existsSync } from 'node:fs'
import { setTimeout } from 'node:timers/promises'
import type { Injected } from '../../../../src/batch/artifacts.ts'

/** Property `trace` = the file; `millis` = how long it takes (30). */
export const traced = async ({ properties }: Injected) => {
  const { trace, millis = '30' } = properties
  appendFileSync(trace!, '+')
  await setTimeout(Number(millis))
  appendFileSync(trace!, '-')
}

/** Waits until the file of property `until` exists. */
export const waitingForFile = async ({ properties, signal }: Injected) => {
  while (!existsSync(properties['until']!) && !signal.aborted) await setTimeout(20)
}

/** Sets what it was told as job or step exit status, with characters that PostgreSQL cannot store. */
export const unstorable = ({ properties, jobContext, stepContext, log }: Injected) => {
  const text = `a\0b${String.fromCharCode(0xd800)}c`
  const where = properties['where']
  log.info(text)
  if (where === 'job') jobContext.exitStatus = text
  if (where === 'step') stepContext.exitStatus = text
  if (where === 'user data') stepContext.persistentUserData = { text }
  if (where === 'error') throw new Error(text)
  if (where === 'returned') return text
}

export const longExitStatus = ({ jobContext }: Injected) => {
  jobContext.exitStatus = 'é'.repeat(2000)
}

export const unstorablePlan = () => ({ partitions: 2, partitionProperties: [{ key: 'a\0b' }, { key: 'c' }] })

/** 512 characters, all but the first of two UTF-16 units. */
export const wideExitStatus = ({ jobContext }: Injected) => {
  jobContext.exitStatus = `a${'😀'.repeat(511)}`
}
