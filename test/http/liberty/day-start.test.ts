// Where days begin: on days of which the clocks made something else than 24 hours, and as a rule for all days and zones.
import fc from 'fast-check'
import t from 'tap'
import { dayStarts } from '../../../src/http/liberty/day-start.ts'

const DAY = 24 * 60 * 60_000
const dayNumber = (date: string) => Date.parse(`${date}T00:00Z`) / DAY

const DAYS: readonly [zone: string, date: string, begins: string, hours: number][] = [
  ['UTC', '2015-11-10', '2015-11-10T00:00:00.000Z', 24],
  ['Europe/Berlin', '2026-03-29', '2026-03-28T23:00:00.000Z', 23],
  ['Europe/Berlin', '2026-10-25', '2026-10-24T22:00:00.000Z', 25],
  // Put forward at midnight: there was no 00:00.
  ['America/Sao_Paulo', '2018-11-04', '2018-11-04T03:00:00.000Z', 23],
  // Put back at midnight: the day before has 25 hours.
  ['America/Sao_Paulo', '2018-02-17', '2018-02-17T02:00:00.000Z', 25],
  ['America/Sao_Paulo', '2018-02-18', '2018-02-18T03:00:00.000Z', 24],
  // Put back at 01:00: 00:00 comes twice.
  ['America/Havana', '2015-11-01', '2015-11-01T04:00:00.000Z', 25],
  // Put back at 00:01: the day had begun, and begins again.
  ['America/St_Johns', '2005-10-30', '2005-10-30T03:30:00.000Z', 24],
  ['Asia/Seoul', '2026-01-01', '2025-12-31T15:00:00.000Z', 24],
  ['Asia/Kathmandu', '2026-01-01', '2025-12-31T18:15:00.000Z', 24],
  // Half an hour of summer time.
  ['Australia/Lord_Howe', '2026-10-04', '2026-10-03T13:30:00.000Z', 23.5],
  // The day that Samoa left out.
  ['Pacific/Apia', '2011-12-30', '2011-12-30T10:00:00.000Z', 0],
  ['Pacific/Apia', '2011-12-31', '2011-12-30T10:00:00.000Z', 24],
  ['Pacific/Kiritimati', '2026-01-01', '2025-12-31T10:00:00.000Z', 24]
]

for (const [zone, date, begins, hours] of DAYS)
  t.test(`${date} begins at ${begins} in ${zone} and has ${hours} hours`, async t => {
    const { startOf } = dayStarts(zone)
    t.equal(startOf(dayNumber(date)).toISOString(), begins)
    t.equal((startOf(dayNumber(date) + 1).getTime() - startOf(dayNumber(date)).getTime()) / 3_600_000, hours)
  })

t.test(
  'each moment is in one day, and no moment after the beginning of a day has an earlier date',
  async t => {
    const zones = Intl.supportedValuesOf('timeZone').map(zone => dayStarts(zone))
    fc.assert(
      fc.property(
        fc.constantFrom(...zones),
        fc.integer({ min: dayNumber('1900-01-01'), max: dayNumber('2040-01-01') }),
        fc.integer({ min: 0, max: DAY - 1 }),
        ({ startOf, dayOf }, day, later) => {
          const begins = startOf(day).getTime()
          return (
            begins <= startOf(day + 1).getTime() &&
            dayOf(begins) >= day &&
            dayOf(begins - 1) < day &&
            dayOf(begins + later) >= day
          )
        }
      ),
      { numRuns: 3000 }
    )
    t.pass('held')
  }
)

t.test('before the year 1 and after 9999 it is a moment that PostgreSQL can read', async t => {
  const { startOf } = dayStarts('Europe/Berlin')
  for (const day of [
    -Infinity,
    -1e15,
    dayNumber('0001-01-01') - 1,
    dayNumber('9999-12-31') + 1,
    1e15,
    Number.NaN
  ])
    t.match(startOf(day).toISOString(), /^(0001|9999)-/, String(day))
})
