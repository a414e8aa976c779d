// Preview: the next nominal times of a schedule, stored or not, with what clocks and calendars do to them.
import type { FireTimes, TimesWanted } from './job-schedules.ts'
import { zonedText } from './timing/local-time.ts'
import { listed } from './timing/occurrences.ts'
import { neverFires, type TimingOf, timingOf } from './timing/timing.ts'

/** `now`: milliseconds since 1970. */
export function previewTimes(timing: TimingOf, wanted: TimesWanted, now: number): FireTimes {
  const from = Math.max(wanted.from?.getTime() ?? now, 0)
  const times = listed(timingOf(timing).next, from, wanted.count).map(({ at, note }) => ({
    time: zonedText(at, timing.timeZone),
    note
  }))
  return { times, note: times.length > 0 ? null : neverFires(timing, from) }
}
