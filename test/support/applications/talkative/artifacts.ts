// A batchlet that fills its job log: property `mebibytes` of records of 8 KiB each, `millis` apart.
import { setTimeout as delay } from 'node:timers/promises'
import type { Injected } from '../../../../src/batch/artifacts.ts'

const RECORD = 8 * 1024

export const talk = async ({ properties, log, signal }: Injected): Promise<void> => {
  const records = (Number(properties['mebibytes']) * 1024 * 1024) / RECORD
  const millis = Number(properties['millis'] ?? 0)
  for (let record = 1; record <= records && !signal.aborted; record++) {
    log.info(`record ${record} `.padEnd(RECORD - 100, '.'))
    // The thread hears a stop and writes its log in between.
    if (millis > 0) await delay(millis)
    else if (record % 64 === 0) await new Promise(resolve => setImmediate(resolve))
  }
}

/** 5 MiB at once: nothing that was posted to its thread is heard meanwhile. */
export const blurt = ({ log }: Injected): void => {
  for (let record = 1; record <= 641; record++) log.info(`record ${record} `.padEnd(RECORD, '.'))
}
