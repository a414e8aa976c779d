// Reads events for all who watch: those that stand at one position share one reading, so a hundred consoles cost what one does.
import type { Database } from '../store/database.ts'
import { demandEvents } from '../store/event-demand.ts'
import { type EventPage, eventPositionNow, readEvents } from '../store/events.ts'

/** Events a reading gives at most. */
const PAGE = 500
/** How long nothing new is waited for between two readings. */
const PAUSE_MS = 200
/** Said every third of it. */
const DEMAND_SECONDS = 30

export interface EventFeed {
  /** Where a watcher begins who wants what happens from now on. */
  now(): Promise<string>
  /** What stands after the position, and where to go on; no events when there is none for a moment. */
  next(position: string): Promise<EventPage>
}

export function createEventFeed(db: Database): EventFeed {
  const underWay = new Map<string, Promise<EventPage>>()
  let demandedAt = Number.NEGATIVE_INFINITY

  async function demand(): Promise<void> {
    if (performance.now() - demandedAt < (DEMAND_SECONDS * 1000) / 3) return
    demandedAt = performance.now()
    await demandEvents(db, DEMAND_SECONDS)
  }

  async function read(position: string): Promise<EventPage> {
    await demand()
    const page = await readEvents(db, position, PAGE)
    if (page.kind === 'events' && page.events.length === 0)
      await new Promise<void>(resolve => setTimeout(resolve, PAUSE_MS))
    return page
  }

  return {
    async now() {
      const position = await eventPositionNow(db)
      await demand()
      return position
    },
    next(position) {
      const known = underWay.get(position)
      if (known !== undefined) return known
      const reading = read(position).finally(() => underWay.delete(position))
      underWay.set(position, reading)
      return reading
    }
  }
}
