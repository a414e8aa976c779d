// The grammar of `createTime` and `lastUpdatedTime` in a query: days of the server's time zone, as stretches of time.
import { BatchError } from '../../batch/batch-error.ts'
import type { TimeRange } from '../../operator/search.ts'
import type { DayNumber, DayStarts } from './day-start.ts'

export interface Calendar {
  readonly days: DayStarts
  /** Milliseconds since 1970. */
  readonly now: number
}

/** More days than Liberty's number of them can hold. */
const MOST_DAYS = 2 ** 31 - 1

/** `yyyy-MM-dd`, `first:last`, `>Nd` (the day N days ago or later) or `<Nd` (that day or before); whole days, inclusive. */
export function timeRangeOf(name: string, text: string, { days, now }: Calendar): TimeRange {
  const ago = /^([<>])(\d{1,20})d$/.exec(text)
  if (ago !== null) {
    const count = Number(ago[2])
    if (count > MOST_DAYS) throw refusal(name, text)
    const day = days.dayOf(now) - count
    return ago[1] === '>'
      ? { from: days.startOf(day), before: null }
      : { from: null, before: days.startOf(day + 1) }
  }
  const parts = text.split(':')
  const [first, last = first] = parts.map(dayOf)
  if (parts.length > 2 || first === undefined || last === undefined || first === null || last === null)
    throw refusal(name, text)
  return { from: days.startOf(first), before: days.startOf(last + 1) }
}

/** As in the product a month 13 is the next year's first; but what comes after a date is not overlooked. */
function dayOf(text: string): DayNumber | null {
  const date = /^(\d{4})-(\d{1,2})-(\d{1,2})$/.exec(text)
  if (date === null) return null
  const [year = 0, month = 0, day = 0] = date.slice(1).map(Number)
  // Date.UTC takes the years 0 to 99 for those of the last century.
  return new Date(0).setUTCFullYear(year, month - 1, day) / (24 * 60 * 60_000)
}

function refusal(name: string, text: string): BatchError {
  const asked = JSON.stringify(text.slice(0, 60).toWellFormed())
  return new BatchError('ParameterInvalid', [
    name,
    `${asked} is neither yyyy-MM-dd, nor two of them with a colon between, nor <Nd or >Nd for N days ago.`
  ])
}
