// Nominal times of all kinds of schedules, as a table: ordinary days, and those on which clocks or months are odd.
import t from 'tap'
import type { When } from '../../../src/batch/job-schedule.ts'
import { zonedText } from '../../../src/schedule/timing/local-time.ts'
import { lastOf, listed } from '../../../src/schedule/timing/occurrences.ts'
import { CALENDAR_ROWS } from './calendar-rows.ts'
import { CLOCK_ROWS } from './clock-rows.ts'
import { neverFires, timingOf, timingProblems } from '../../../src/schedule/timing/timing.ts'

const PARIS = 'Europe/Paris'
const NEW_YORK = 'America/New_York'

function timing(when: When, timeZone: string, more: { start?: string; end?: string; created?: string } = {}) {
  return {
    when,
    timeZone,
    start: more.start === undefined ? null : new Date(more.start),
    end: more.end === undefined ? null : new Date(more.end),
    createTime: new Date(more.created ?? '2026-01-01T00:00:00Z')
  }
}

/** `time` or `time | note`, of the first ones after `from`. */
function times(of: ReturnType<typeof timing>, from: string, count: number): string[] {
  return listed(timingOf(of).next, Date.parse(from), count).map(({ at, note }) => {
    const text = zonedText(at, of.timeZone)
    return note === null ? text : `${text} | ${note}`
  })
}

for (const { says, when, zone, from, gives, more, noMore = false } of [...CALENDAR_ROWS, ...CLOCK_ROWS])
  t.test(`${says}: ${JSON.stringify(when)} in ${zone}`, async t => {
    t.same(times(timing(when, zone, more), from, noMore ? gives.length + 1 : gives.length), gives)
  })

t.test(
  'counted from the end of a run, the next is that much later, and at once where there was none (R004-42)',
  async t => {
    const { afterRun } = timingOf(timing({ rule: { weekdays: ['tue'], everyMinutes: 30 } }, PARIS))
    const at = (end: string | null, now: string) => {
      const found = afterRun!(end === null ? null : Date.parse(end), Date.parse(now))
      return found === null ? null : zonedText(found, PARIS)
    }
    t.equal(at('2026-11-24T10:00:05Z', '2026-11-24T10:10:00Z'), '2026-11-24T11:30:05+01:00')
    t.equal(at(null, '2026-11-24T10:10:00Z'), '2026-11-24T11:10:00+01:00')
    t.equal(at(null, '2026-11-25T10:10:00Z'), '2026-12-01T00:00:00+01:00')
    t.equal(at('2026-11-24T22:45:00Z', '2026-11-24T22:45:00Z'), '2026-12-01T00:00:00+01:00')
  }
)

t.test('what is wrong is said, with its place', async t => {
  const now = Date.parse('2026-11-24T12:00:00Z')
  const problems = (when: When, zone = PARIS, more = {}) =>
    timingProblems(timing(when, zone, more), now).map(({ path, message }) => `${path} ${message}`)
  const cases: readonly [When, RegExp][] = [
    [{ cron: '' }, /^when\.cron has 0 fields/],
    [{ cron: '* * * *' }, /^when\.cron has 4 fields/],
    [{ cron: '* * * * * * *' }, /has 7 fields/],
    [{ cron: '60 * * * *' }, /^when\.cron .*60/],
    [{ cron: 'H * * * *' }, /^when\.cron may have/],
    [{ cron: '0 0 ? * *' }, /^when\.cron may have .* not "\?"/],
    [{ cron: '0 0 1 janfeb *' }, /^when\.cron may have/],
    [{ cron: '0 0 * * thursday' }, /^when\.cron may have/],
    [{ cron: '0 0 15W * *' }, /^when\.cron may have/],
    [{ cron: '1,,2 0 * * *' }, /^when\.cron may have/],
    [{ cron: '@daily' }, /has 1 fields/],
    [{ cron: '0 0 31 2 *' }, /^when\.cron can never fire/],
    [{ cron: '0 0 30 2 *' }, /^when\.cron can never fire/],
    [{ rrule: 'FREQ=YEARLY;BYMONTH=2;BYMONTHDAY=30' }, /^when\.rrule can never fire/],
    [{ rrule: 'FREQ=DAILY;UNTIL=20200101' }, /^when\.rrule can never fire/],
    [{ rrule: 'hello' }, /^when\.rrule has "HELLO"/],
    [{ rrule: 'FREQ=FOO' }, /FREQ=FOO/],
    [{ rrule: 'INTERVAL=2' }, /has no FREQ/],
    [{ rrule: 'FREQ=DAILY;INTERVAL=0' }, /INTERVAL=0/],
    [{ rrule: 'FREQ=DAILY;BYHOUR=25' }, /BYHOUR=25/],
    [{ rrule: 'FREQ=MINUTELY;BYDAY=MO;COUNT=10001' }, /COUNT=10001: more than 10000/],
    [{ rrule: 'FREQ=DAILY;BYMONTH=13' }, /BYMONTH=13/],
    [{ rrule: 'FREQ=DAILY;DTSTART=20260101T000000Z' }, /DTSTART/],
    [{ rrule: 'DTSTART:20260101T000000Z\nRRULE:FREQ=DAILY' }, /^when\.rrule/],
    [{ rrule: 'FREQ=DAILY;COUNT=1;UNTIL=20280101' }, /both COUNT and UNTIL/],
    [{ rrule: 'FREQ=DAILY;UNTIL=20270231' }, /UNTIL=20270231/],
    [{ rrule: 'FREQ=DAILY;toString=1' }, /TOSTRING/],
    [{ rule: { day: 3 } }, /^when\.rule\.at is missing/]
  ]
  for (const [when, says] of cases) {
    const found = problems(when)
    t.equal(found.length, 1, JSON.stringify(when))
    t.match(found[0], says)
  }
  t.match(problems({ cron: '* * * * *' }, '+05:00'), [/^timeZone is no IANA/])
  t.match(
    problems({ cron: 'x' }, 'Mars/Olympus', { start: '2027-01-02T00:00:00Z', end: '2027-01-01T00:00:00Z' }),
    [/^timeZone is no IANA/, /^end is before start/, /^when\.cron has 1/]
  )
  t.match(
    problems({ cron: '0 0 1 1 *' }, PARIS, { start: '2027-02-01T00:00:00Z', end: '2027-03-01T00:00:00Z' }),
    [/can never fire/]
  )
  t.same(problems({ rule: { at: '22:55' } }), [])
})

t.test('a rule that does not fire by itself says so (R004-6)', async t => {
  const now = Date.parse('2026-11-24T12:00:00Z')
  t.match(neverFires(timing({ rule: { at: '22:55' } }, PARIS), now), /^never fires by itself/)
  t.match(neverFires(timing({ rule: { at: '22:55', day: 1, month: 1, year: 2026 } }, PARIS), now), /over/)
  t.equal(neverFires(timing({ cron: '* * * * *' }, PARIS), now), null)
})

t.test('the last ones of a year of seconds are found without counting the year', async t => {
  const { next } = timingOf(timing({ cron: '* * * * * *' }, PARIS))
  const until = Date.parse('2026-11-24T12:00:00Z')
  const begin = performance.now()
  const last = lastOf(next, { from: until - 365 * 86_400_000, until }, 3)
  t.ok(performance.now() - begin < 5000)
  t.same(
    last.map(({ at }) => at),
    [until - 2000, until - 1000, until]
  )
  t.same(
    lastOf(next, { from: until - 1000, until }, 3).map(({ at }) => at),
    [until - 1000, until]
  )
})

t.test('each time is after the one before, over all changes of clocks of two years', async t => {
  for (const zone of [PARIS, NEW_YORK, 'Australia/Lord_Howe', 'Africa/Casablanca', 'America/Sao_Paulo'])
    for (const when of [
      { cron: '*/37 1-3 * * *' },
      { cron: '17 * * * *' },
      { rrule: 'FREQ=HOURLY;INTERVAL=5' }
    ] as const) {
      const { next } = timingOf(timing(when, zone))
      let before = Date.parse('2026-01-01T00:00:00Z')
      for (let n = 0; n < 2000; n++) {
        const found = next(before)!
        if (found.at <= before) t.fail(`${JSON.stringify(when)} in ${zone}: ${zonedText(found.at, zone)}`)
        before = found.at
      }
      t.ok(before > 0)
    }
})

t.test('nothing fires after the year 9999', async t => {
  const whens: readonly When[] = [
    { cron: '* * * * *' },
    { cron: '0 0 29 2 *' },
    { rrule: 'FREQ=SECONDLY' },
    { rrule: 'FREQ=YEARLY;BYMONTH=2;BYMONTHDAY=29;BYDAY=MO' },
    { rule: { day: 1, at: '10:00' } },
    { rule: { weekdays: ['mon'], everyMinutes: 1 } }
  ]
  for (const when of whens)
    for (const zone of [NEW_YORK, 'Asia/Seoul'])
      t.same(times(timing(when, zone), '9999-12-31T23:59:59Z', 3), [])
})
