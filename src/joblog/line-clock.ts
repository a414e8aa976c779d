// Without this every log line would pay for a time zone calculation: 1 to 50 µs each, against 2 µs for writing the line.

/** Stamps in Liberty's layout, `[MM/dd/yy, HH:mm:ss:SSS ZONE] `, for a time in milliseconds. */
export type LineClock = (time: number) => string

/**
 * Short names that Intl does not know in English; Java, and so Liberty, prints these. By Intl's long name. For any zone
 * neither knows, Intl's `GMT+4` stands.
 */
const SHORT_NAMES: Readonly<Record<string, string>> = {
  'Argentina Standard Time': 'ART',
  'Brasilia Standard Time': 'BRT',
  'China Standard Time': 'CST',
  'Indochina Time': 'ICT',
  'Israel Daylight Time': 'IDT',
  'Israel Standard Time': 'IST',
  'Japan Standard Time': 'JST',
  'Korean Standard Time': 'KST',
  'Moscow Standard Time': 'MSK',
  'Pakistan Standard Time': 'PKT',
  'Philippine Standard Time': 'PST',
  'Taiwan Standard Time': 'CST',
  'Western Indonesia Time': 'WIB'
}

// Each of these knows the short names of the zones near it, and writes an offset for the rest.
const ENGLISH = ['en-US', 'en-GB', 'en-AU', 'en-CA', 'en-IN', 'en-ZA', 'en-HK', 'en-SG'] as const

const clocks = new Map<string, LineClock>()

/** The clock of a zone (IANA name; an unknown one throws a RangeError here, not at the first line). */
export function lineClock(zone: string): LineClock {
  // Made once: Intl takes longer for it than a small job has lines.
  let clock = clocks.get(zone)
  if (clock === undefined) {
    clock = newLineClock(zone)
    clocks.set(zone, clock)
  }
  return clock
}

function newLineClock(zone: string): LineClock {
  const format = new Intl.DateTimeFormat('en-US', {
    timeZone: zone,
    calendar: 'gregory',
    numberingSystem: 'latn',
    hourCycle: 'h23',
    year: '2-digit',
    month: '2-digit',
    day: '2-digit',
    hour: '2-digit',
    minute: '2-digit'
  })
  let minute = Number.NaN
  let before = ''
  let after = ''
  let last = Number.NaN
  let stamp = ''
  return time => {
    if (time === last) return stamp
    // Offsets change on whole minutes in every zone since 1972, so what is in front of the seconds holds for a minute.
    const current = Math.floor(time / 60_000)
    if (current !== minute) {
      const part = new Map(format.formatToParts(time).map(({ type, value }) => [type, value]))
      before = `[${part.get('month')}/${part.get('day')}/${part.get('year')}, ${part.get('hour')}:${part.get('minute')}:`
      after = ` ${shortName(zone, time)}] `
      minute = current
    }
    const rest = Math.floor(time - current * 60_000)
    const seconds = Math.floor(rest / 1000)
    const millis = rest % 1000
    stamp = `${before}${seconds < 10 ? '0' : ''}${seconds}:${millis < 10 ? '00' : millis < 100 ? '0' : ''}${millis}${after}`
    last = time
    return stamp
  }
}

function shortName(zone: string, time: number): string {
  let offset = ''
  for (const locale of ENGLISH) {
    const name = zoneName(locale, zone, time, 'short')
    if (!/^(GMT|UTC)[+-]/.test(name)) return name
    offset ||= name
  }
  return SHORT_NAMES[zoneName('en-US', zone, time, 'long')] ?? offset
}

function zoneName(locale: string, zone: string, time: number, length: 'short' | 'long'): string {
  const format = new Intl.DateTimeFormat(locale, { timeZone: zone, timeZoneName: length })
  return format.formatToParts(time).find(({ type }) => type === 'timeZoneName')?.value ?? zone
}
