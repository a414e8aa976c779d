// Nominal times on ordinary days, and where months and years are odd.
import type { When } from '../../../src/batch/job-schedule.ts'

export interface Row {
  readonly says: string
  readonly when: When
  readonly zone: string
  readonly from: string
  readonly gives: readonly string[]
  readonly more?: { start?: string; end?: string; created?: string }
  /** These are all there are. */
  readonly noMore?: true
}

export const rule = (at: string, more: object): When => ({ rule: { at, ...more } })
export const everyDay = { weekdays: ['mon', 'tue', 'wed', 'thu', 'fri', 'sat', 'sun'] }

const PARIS = 'Europe/Paris'
const NEW_YORK = 'America/New_York'
const SEOUL = 'Asia/Seoul'

export const CALENDAR_ROWS: readonly Row[] = [
  {
    says: 'a cron pattern on weekdays leaves out the weekend',
    when: { cron: '30 2 * * mon-fri' },
    zone: PARIS,
    from: '2026-11-26T12:00:00Z',
    gives: ['2026-11-27T02:30:00+01:00', '2026-11-30T02:30:00+01:00']
  },
  {
    says: 'every name of a day is one, in capitals too',
    when: { cron: '0 9 * * MON,tue,Wed,thu-FRI,sat,sun' },
    zone: SEOUL,
    from: '2026-11-24T01:00:00Z',
    gives: ['2026-11-25T09:00:00+09:00', '2026-11-26T09:00:00+09:00', '2026-11-27T09:00:00+09:00']
  },
  {
    says: 'every name of a month is one',
    when: { cron: '0 0 1 jan,feb,mar,apr,may,jun,jul,aug,sep,OCT,nov,dec thu#5' },
    zone: SEOUL,
    from: '2026-11-24T01:00:00Z',
    gives: ['2026-12-01T00:00:00+09:00', '2026-12-31T00:00:00+09:00', '2027-01-01T00:00:00+09:00']
  },
  {
    says: 'the last day of a month, and its last Thursday',
    when: { cron: '0 0 L * thuL' },
    zone: SEOUL,
    from: '2026-12-01T01:00:00Z',
    gives: ['2026-12-31T00:00:00+09:00', '2027-01-28T00:00:00+09:00', '2027-01-31T00:00:00+09:00']
  },
  {
    says: 'a cron pattern of six fields has seconds first',
    when: { cron: '*/20 0 12 * * *' },
    zone: SEOUL,
    from: '2026-11-26T00:00:00Z',
    gives: [
      '2026-11-26T12:00:00+09:00',
      '2026-11-26T12:00:20+09:00',
      '2026-11-26T12:00:40+09:00',
      '2026-11-27T12:00:00+09:00'
    ]
  },
  {
    says: 'a cron pattern for 29 February waits for a leap year',
    when: { cron: '0 0 29 2 *' },
    zone: SEOUL,
    from: '2026-11-26T00:00:00Z',
    gives: ['2028-02-29T00:00:00+09:00', '2032-02-29T00:00:00+09:00']
  },
  {
    says: 'a cron pattern and a recurrence rule for the 31st leave short months out',
    when: { rrule: 'FREQ=MONTHLY;BYMONTHDAY=31;BYHOUR=6;BYMINUTE=0' },
    zone: PARIS,
    from: '2027-01-31T12:00:00Z',
    gives: ['2027-03-31T06:00:00+02:00', '2027-05-31T06:00:00+02:00']
  },
  {
    says: 'a rule for the 31st fires on the last day of short months (R004-44)',
    when: rule('06:00', { day: 31 }),
    zone: PARIS,
    from: '2027-01-31T12:00:00Z',
    gives: [
      '2027-02-28T06:00:00+01:00 | moved: day 31 does not exist in this month',
      '2027-03-31T06:00:00+02:00',
      '2027-04-30T06:00:00+02:00 | moved: day 31 does not exist in this month'
    ]
  },
  {
    says: 'a rule for 29 February fires each year',
    when: rule('06:00', { day: 29, month: 2 }),
    zone: SEOUL,
    from: '2027-01-31T12:00:00Z',
    gives: [
      '2027-02-28T06:00:00+09:00 | moved: day 29 does not exist in this month',
      '2028-02-29T06:00:00+09:00'
    ]
  },
  {
    noMore: true,
    says: 'year, month and day fire once (R004-41)',
    when: rule('22:55', { day: 24, month: 12, year: 2026, weekdays: ['mon'] }),
    zone: PARIS,
    from: '2026-01-31T12:00:00Z',
    gives: ['2026-12-24T22:55:00+01:00']
  },
  {
    says: 'month and day fire each year, whatever the weekdays (R004-41)',
    when: rule('00:00', { day: 14, month: 7, weekdays: ['mon'] }),
    zone: PARIS,
    from: '2026-11-24T12:00:00Z',
    gives: ['2027-07-14T00:00:00+02:00', '2028-07-14T00:00:00+02:00']
  },
  {
    says: 'a year without a month is ignored, as is a month without a day (R004-41)',
    when: rule('10:00', { day: 3, year: 2031 }),
    zone: PARIS,
    from: '2026-11-24T12:00:00Z',
    gives: ['2026-12-03T10:00:00+01:00', '2027-01-03T10:00:00+01:00']
  },
  {
    says: 'weekdays are used where there is no day, even with a month (R004-41)',
    when: rule('10:00', { month: 3, weekdays: ['tue', 'wed'] }),
    zone: PARIS,
    from: '2026-11-24T12:00:00Z',
    gives: ['2026-11-25T10:00:00+01:00', '2026-12-01T10:00:00+01:00']
  },
  {
    noMore: true,
    says: 'no day and no weekday never fires by itself (R004-6)',
    when: rule('22:55', {}),
    zone: PARIS,
    from: '2026-11-24T12:00:00Z',
    gives: []
  },
  {
    says: 'midnight is a time as any other (R004-44)',
    when: rule('00:00', everyDay),
    zone: PARIS,
    from: '2026-11-24T22:59:59.999Z',
    gives: ['2026-11-25T00:00:00+01:00', '2026-11-26T00:00:00+01:00']
  },
  {
    says: 'every five minutes goes on from the time given, on its days only (R004-42)',
    when: { rule: { weekdays: ['tue'], everyMinutes: 5 } },
    zone: PARIS,
    from: '2026-11-24T22:52:00Z',
    gives: ['2026-11-24T23:57:00+01:00', '2026-12-01T00:00:00+01:00', '2026-12-01T00:05:00+01:00']
  },
  {
    noMore: true,
    says: 'start and end are both inside',
    when: { cron: '0 12 * * *' },
    zone: SEOUL,
    from: '2026-01-01T00:00:00Z',
    more: { start: '2026-12-01T12:00:00+09:00', end: '2026-12-02T12:00:00+09:00' },
    gives: ['2026-12-01T12:00:00+09:00', '2026-12-02T12:00:00+09:00']
  },
  {
    noMore: true,
    says: 'a recurrence rule without a start begins at its creation, in whole minutes',
    when: { rrule: 'FREQ=DAILY;COUNT=2' },
    zone: SEOUL,
    from: '2026-01-01T00:00:00Z',
    more: { created: '2026-06-01T01:02:45.678Z' },
    gives: ['2026-06-01T10:02:00+09:00', '2026-06-02T10:02:00+09:00']
  },
  {
    says: 'a recurrence rule with BYSECOND keeps seconds',
    when: { rrule: 'FREQ=MINUTELY;BYSECOND=5,50' },
    zone: 'UTC',
    from: '2026-06-01T01:02:45.678Z',
    gives: ['2026-06-01T01:02:50Z', '2026-06-01T01:03:05Z']
  },
  {
    noMore: true,
    says: 'UNTIL with Z is an instant, whatever the time zone',
    when: { rrule: 'FREQ=DAILY;BYHOUR=0;BYMINUTE=0;UNTIL=20260602T150000Z' },
    zone: SEOUL,
    from: '2026-06-01T00:00:00Z',
    gives: ['2026-06-02T00:00:00+09:00', '2026-06-03T00:00:00+09:00']
  },
  {
    noMore: true,
    says: 'UNTIL with a day alone is that day to its end',
    when: { rrule: 'FREQ=DAILY;BYHOUR=23;BYMINUTE=59;UNTIL=20260602' },
    zone: SEOUL,
    from: '2026-06-01T00:00:00Z',
    gives: ['2026-06-01T23:59:00+09:00', '2026-06-02T23:59:00+09:00']
  },
  {
    noMore: true,
    says: 'COUNT is counted to its end',
    when: { rrule: 'FREQ=MINUTELY;COUNT=50000' },
    zone: SEOUL,
    from: '2026-02-04T17:18:30Z',
    more: { start: '2026-01-01T00:00:00Z' },
    gives: ['2026-02-05T02:19:00+09:00']
  },
  {
    noMore: true,
    says: 'a rule whose next time no calendar has has none',
    when: { rrule: 'FREQ=YEARLY;INTERVAL=999999' },
    zone: PARIS,
    from: '2026-01-01T00:00:00Z',
    more: { start: '2027-01-01T00:00:00+01:00' },
    gives: ['2027-01-01T00:00:00+01:00']
  },
  {
    says: 'the last Friday of a month',
    when: { rrule: 'FREQ=MONTHLY;BYDAY=-1FR;BYHOUR=8;BYMINUTE=0' },
    zone: NEW_YORK,
    from: '2026-11-24T12:00:00Z',
    gives: ['2026-11-27T08:00:00-05:00', '2026-12-25T08:00:00-05:00']
  }
]
