// Says at the start of a server whether history is purged by itself: nobody who comes from a product that keeps it for ever should
// find that out from what is missing.
import type { Logger } from 'pino'
import type { Database } from '../../store/database.ts'
import { findDefinition } from '../../store/definitions.ts'
import { findSchedule } from '../../store/schedules.ts'
import { programmingText } from '../programming-text.ts'

const PURGE = 'BATCH_DESTRUCT_HISTO'

export async function tellRetention(db: Database, log: Pick<Logger, 'info'>): Promise<void> {
  const schedule = await findSchedule(db, PURGE)
  if (schedule === null) return
  if (schedule.state === 'InActive') {
    log.info({ schedule: PURGE }, 'history is kept for ever: the schedule that purges it is InActive')
    return
  }
  const definition = await findDefinition(db, schedule.definition, schedule.version)
  const days = schedule.parameters['days'] ?? definition?.parameters['days']?.default ?? ''
  const when = programmingText(schedule.when).en
  log.info(
    { schedule: PURGE, nextFireTime: schedule.nextFireTime },
    `history is purged: job instances that ended ${days} days ago or earlier go, with their job logs (${when}); to keep them, deactivate the schedule or hold the instance`
  )
}
