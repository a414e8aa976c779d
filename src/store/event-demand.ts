// Whether somebody wants the events that are many or large (checkpoints, parts of job logs): they are told only while somebody
// listens, on whichever server (ENGINE E17).
import { type Database, rows } from './database.ts'

/** For the next `seconds`; to be said again before they are over. Never shortens what another listener said. */
export async function demandEvents(db: Database, seconds: number): Promise<void> {
  await rows(
    db,
    /* sql */ `update event_demand set wanted_until = clock_timestamp() + :seconds * interval '1 second'
    where wanted_until < clock_timestamp() + :seconds * interval '1 second'`,
    { seconds }
  )
}

export async function eventsAreDemanded(db: Database): Promise<boolean> {
  const [demand] = await rows<{ wanted: boolean }>(
    db,
    'select wanted_until > clock_timestamp() as wanted from event_demand'
  )
  return demand?.wanted === true
}
