// Recurrence rules (RFC 5545): the library steps through them on the wall clock; it takes much that is no rule, so the parts are
// checked here.
import { RRuleTemporal } from 'rrule-temporal'
import { LAST_WALL_TIME, offsetAt, type WallTime, wallTimeAt } from './local-time.ts'
import type { NextAfter } from './occurrences.ts'
import { everyRealHour, type NextWallTime, oncePerWallTime } from './wall-times.ts'

const list = (one: string) => new RegExp(`^${one}(,${one})*$`)
const upTo = (most: number) => (text: string) => text.split(',').every(one => Math.abs(Number(one)) <= most)
const some = (most: number) => (text: string) =>
  upTo(most)(text) && text.split(',').every(one => Number(one) !== 0)

interface Part {
  readonly form: RegExp
  readonly also?: (text: string) => boolean
}

const SIGNED = '[+-]?\\d{1,3}'

const PARTS: Readonly<Record<string, Part>> = {
  FREQ: { form: /^(SECONDLY|MINUTELY|HOURLY|DAILY|WEEKLY|MONTHLY|YEARLY)$/ },
  INTERVAL: { form: /^[1-9]\d{0,5}$/ },
  COUNT: { form: /^[1-9]\d{0,5}$/ },
  UNTIL: { form: /^\d{8}(T\d{6}Z?)?$/, also: text => !Number.isNaN(wallOfText(text)) },
  BYSECOND: { form: list('\\d{1,2}'), also: upTo(59) },
  BYMINUTE: { form: list('\\d{1,2}'), also: upTo(59) },
  BYHOUR: { form: list('\\d{1,2}'), also: upTo(23) },
  BYDAY: { form: list('([+-]?[1-9]\\d?)?(MO|TU|WE|TH|FR|SA|SU)') },
  BYMONTHDAY: { form: list(SIGNED), also: some(31) },
  BYYEARDAY: { form: list(SIGNED), also: some(366) },
  BYWEEKNO: { form: list(SIGNED), also: some(53) },
  BYMONTH: { form: list('\\d{1,2}'), also: some(12) },
  BYSETPOS: { form: list(SIGNED), also: some(366) },
  WKST: { form: /^(MO|TU|WE|TH|FR|SA|SU)$/ }
}

/** Periods that the library counts from the start on before it gives up: more of COUNT would end the rule there, and say nothing. */
const MOST_STEPPED = 10_000
/** Without BY… parts it calculates, and the limit is only in its way. */
const MOST_CALCULATED = 1_100_000

const UTC = { ZonedDateTime: { from: (text: string) => ({ timeZoneId: 'UTC', toString: () => text }) } }

const asZoned = (wall: WallTime) => UTC.ZonedDateTime.from(`${isoOf(wall)}+00:00[UTC]`)

/** `anchor`: the instant its first period begins. @throws Error whose message says what is wrong with it */
export function rruleTimes(text: string, timeZone: string, anchor: number): NextAfter {
  const parts = partsOf(text)
  const bySecond = parts.has('BYSECOND')
  const start = wallTimeAt(anchor, timeZone)
  const dtstart = Math.floor(start / 1000) * 1000 - (bySecond ? 0 : (Math.floor(start / 1000) % 60) * 1000)
  const until = parts.get('UNTIL')
  if (until !== undefined) parts.set('UNTIL', untilOf(until, timeZone))
  const rule = new RRuleTemporal({
    rruleString: [...parts].map(part => part.join('=')).join(';'),
    dtstart: asZoned(dtstart),
    temporal: UTC,
    cache: false,
    maxIterations: isCalculated(parts) ? MOST_CALCULATED : MOST_STEPPED
  })
  const nextWall: NextWallTime = wall => {
    if (wall > LAST_WALL_TIME) return null
    try {
      const next = rule.next(asZoned(wall), false)
      return next === null ? null : Date.parse(next.toString().replace(/\[.*$/, ''))
    } catch (error) {
      // It was looked for long enough, or up to the end of all calendars.
      if (/maximum|exceeded|time limits/i.test((error as Error).message)) return null
      throw error
    }
  }
  const everyHour = OFTEN.test(parts.get('FREQ')!) && !parts.has('BYHOUR')
  return everyHour ? everyRealHour(nextWall, timeZone) : oncePerWallTime(nextWall, timeZone)
}

const OFTEN = /^(SECONDLY|MINUTELY|HOURLY)$/

function isCalculated(parts: ReadonlyMap<string, string>): boolean {
  return ![...parts.keys()].some(name => name.startsWith('BY'))
}

function partsOf(text: string): Map<string, string> {
  const parts = new Map<string, string>()
  for (const piece of text
    .trim()
    .toUpperCase()
    .replace(/^RRULE:/, '')
    .split(';')) {
    const [, name, value] = /^([A-Z]+)=(.*)$/s.exec(piece) ?? []
    if (name === undefined || value === undefined)
      throw new Error(`has ${JSON.stringify(piece.slice(0, 40))}, which is no NAME=VALUE`)
    if (name === 'DTSTART') throw new Error('has a DTSTART; the schedule has a start of its own')
    const part = Object.hasOwn(PARTS, name) ? PARTS[name] : undefined
    if (part === undefined) throw new Error(`has ${name.slice(0, 40)}, which is no part of a rule here`)
    if (parts.has(name)) throw new Error(`has ${name} twice`)
    if (!part.form.test(value) || part.also?.(value) === false)
      throw new Error(`has ${name}=${value.slice(0, 40)}, which is no value of it`)
    parts.set(name, value)
  }
  if (!parts.has('FREQ')) throw new Error('has no FREQ')
  if (parts.has('COUNT') && parts.has('UNTIL')) throw new Error('has both COUNT and UNTIL')
  const count = Number(parts.get('COUNT') ?? 0)
  if (OFTEN.test(parts.get('FREQ')!) && count > MOST_STEPPED && !isCalculated(parts))
    throw new Error(`has COUNT=${count}: more than ${MOST_STEPPED} go without any BY… part only`)
  return parts
}

/** A day is inside to its end; a time with Z is an instant, one without is on the wall. As the library wants it: as if in UTC. */
function untilOf(text: string, timeZone: string): string {
  const given = wallOfText(text)
  const wall = text.endsWith('Z') ? given + offsetAt(given, timeZone) : given
  return `${isoOf(wall).replaceAll(/[-:]/g, '')}Z`
}

function wallOfText(text: string): WallTime {
  const digits = text.replace(/[TZ]/g, '').padEnd(14, text.length === 8 ? '235959' : '0')
  const [, year, month, day, hour, minute, second] = /^(....)(..)(..)(..)(..)(..)$/.exec(digits)!
  const iso = `${year}-${month}-${day}T${hour}:${minute}:${second}`
  const wall = Date.parse(`${iso}Z`)
  // 31 April would be 1 May.
  return Number.isNaN(wall) || isoOf(wall) !== iso ? Number.NaN : wall
}

function isoOf(wall: WallTime): string {
  return new Date(wall).toISOString().slice(0, 19)
}
