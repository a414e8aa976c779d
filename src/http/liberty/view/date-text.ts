// Without this each date in an answer would cost a time zone calculation: some 10 µs with Intl, against 0.3 µs here.

import { Type } from 'typebox'

/** How the description of the API shows it. */
export const DateTextWord = Type.String({
  title: 'DateText',
  pattern: '^([0-9]{4,6}/[0-9]{2}/[0-9]{2} [0-9]{2}:[0-9]{2}:[0-9]{2}\\.[0-9]{3} [+-][0-9]{4})?$',
  description: '`yyyy/MM/dd HH:mm:ss.SSS Z` in the time zone of the server; empty where there is none yet.'
})

/** `yyyy/MM/dd HH:mm:ss.SSS Z` in one zone, as `2015/05/07 16:09:41.025 -0400`; a missing date is `''`. */
export type DateText = (date: Date | null) => string

/** Every offset since 1972 changes on a quarter of an hour of UTC, so one calculation serves each quarter. */
const QUARTER = 15 * 60_000
const MOST_KEPT = 10_000

/** A formatter for one zone (IANA name; an unknown one throws a RangeError here, not at the first date). */
export function dateText(zone: string): DateText {
  const format = new Intl.DateTimeFormat('en-US', { timeZone: zone, timeZoneName: 'longOffset' })
  const offsets = new Map<number, number>()

  function offsetAt(time: number): number {
    const quarter = Math.floor(time / QUARTER)
    const known = offsets.get(quarter)
    if (known !== undefined) return known
    const name =
      format.formatToParts(quarter * QUARTER).find(part => part.type === 'timeZoneName')?.value ?? ''
    const [, sign, hours = '0', minutes = '0'] = /GMT([+-])(\d\d):(\d\d)/.exec(name) ?? []
    const offset = (sign === '-' ? -1 : 1) * (Number(hours) * 60 + Number(minutes))
    if (offsets.size === MOST_KEPT) offsets.clear()
    offsets.set(quarter, offset)
    return offset
  }

  return date => {
    if (date === null) return ''
    const time = date.getTime()
    const offset = offsetAt(time)
    const local = new Date(time + offset * 60_000).toISOString()
    // An expanded year (`+010000-…`) keeps its digits; batch records have none.
    const [day = '', clock = ''] = local.split('T')
    const size = Math.abs(offset)
    const zoneText = `${offset < 0 ? '-' : '+'}${two(Math.floor(size / 60))}${two(size % 60)}`
    return `${day.replaceAll('-', '/')} ${clock.slice(0, 12)} ${zoneText}`
  }
}

function two(number: number): string {
  return String(number).padStart(2, '0')
}
