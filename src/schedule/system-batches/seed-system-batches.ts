// Sees to it that the server's own batches are there: once for a database, again when a newer server has a newer one. How they are
// scheduled is the administrators', and stays as it is.
import { SYSTEM_APPLICATION } from '../../batch/system-batch.ts'
import type { Database } from '../../store/database.ts'
import {
  findDefinition,
  findDefinitionJsl,
  insertDefinition,
  insertDefinitionVersion
} from '../../store/definitions.ts'
import { activateScheduleRow, findSchedule, insertSchedule } from '../../store/schedules.ts'
import { lockSystemBatches } from '../../store/system-batches.ts'
import { storeNow } from '../../store/schedule-firings.ts'
import { nextFireTime } from '../next-fire-time.ts'
import { SYSTEM_DEFINITIONS, SYSTEM_STEP, type SystemDefinition } from './system-definitions.ts'

/** In whose name they are there. */
export const SYSTEM_USER = 'BATCHYARD'

export async function seedSystemBatches(db: Database, timeZone: string): Promise<void> {
  await db.transaction(async trx => {
    await lockSystemBatches(trx)
    for (const definition of SYSTEM_DEFINITIONS) {
      await seedDefinition(trx, definition)
      await seedSchedule(trx, definition, timeZone)
    }
  })
}

async function seedDefinition(
  trx: Database,
  { code, description, parameters, jsl }: SystemDefinition
): Promise<void> {
  const version = {
    name: code,
    application: SYSTEM_APPLICATION,
    jobXMLName: null,
    jsl,
    steps: [SYSTEM_STEP],
    parameters,
    deadlines: null,
    by: SYSTEM_USER
  }
  const found = await findDefinition(trx, code)
  if (found === null) await insertDefinition(trx, { ...version, description, system: true })
  else if (found.system && (await findDefinitionJsl(trx, code, found.version)) !== jsl)
    await insertDefinitionVersion(trx, version)
}

async function seedSchedule(
  trx: Database,
  { code, label, description, rule, active }: SystemDefinition,
  timeZone: string
): Promise<void> {
  if (rule === null || (await findSchedule(trx, code)) !== null) return
  await insertSchedule(trx, {
    name: code,
    code,
    label,
    description,
    definition: code,
    version: null,
    parameters: {},
    timeZone,
    start: null,
    end: null,
    overlap: 'skip',
    missed: 'once',
    missedLimit: 1,
    deadlines: null,
    when: { rule },
    system: true,
    by: SYSTEM_USER
  })
  if (!active) return
  const schedule = (await findSchedule(trx, code))!
  const now = await storeNow(trx)
  const nextFire = nextFireTime(schedule, now, now)
  await activateScheduleRow(trx, { scheduleId: schedule.scheduleId, nextFireTime: nextFire, by: SYSTEM_USER })
}
