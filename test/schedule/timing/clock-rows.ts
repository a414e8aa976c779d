// Nominal times on the days on which clocks are changed.
import { everyDay, type Row, rule } from './calendar-rows.ts'

const PARIS = 'Europe/Paris'
const NEW_YORK = 'America/New_York'
const SEOUL = 'Asia/Seoul'

export const CLOCK_ROWS: readonly Row[] = [
  {
    says: 'in Paris a time in the gap of March is the first after it, and told so',
    when: { cron: '30 2 * * *' },
    zone: PARIS,
    from: '2027-03-27T12:00:00Z',
    gives: [
      '2027-03-28T03:00:00+02:00 | moved: 02:30 does not exist on this day',
      '2027-03-29T02:30:00+02:00'
    ]
  },
  {
    says: 'two times that fall on one instant in the gap fire once',
    when: { cron: '0,30 2,3 * * *' },
    zone: PARIS,
    from: '2027-03-27T12:00:00Z',
    gives: [
      '2027-03-28T03:00:00+02:00 | moved: 02:00 does not exist on this day',
      '2027-03-28T03:30:00+02:00',
      '2027-03-29T02:00:00+02:00'
    ]
  },
  {
    says: 'in Paris a time that comes twice in October fires the first time only',
    when: { cron: '30 2 * * *' },
    zone: PARIS,
    from: '2026-10-24T12:00:00Z',
    gives: [
      '2026-10-25T02:30:00+02:00 | first of two: 02:30 happens twice on this day',
      '2026-10-26T02:30:00+01:00'
    ]
  },
  {
    says: 'in New York the gap is at two in March',
    when: rule('02:15', everyDay),
    zone: NEW_YORK,
    from: '2027-03-13T12:00:00Z',
    gives: [
      '2027-03-14T03:00:00-04:00 | moved: 02:15 does not exist on this day',
      '2027-03-15T02:15:00-04:00'
    ]
  },
  {
    says: 'in New York half past one comes twice in November',
    when: { rrule: 'FREQ=DAILY;BYHOUR=1;BYMINUTE=30' },
    zone: NEW_YORK,
    from: '2026-10-31T12:00:00Z',
    gives: [
      '2026-11-01T01:30:00-04:00 | first of two: 01:30 happens twice on this day',
      '2026-11-02T01:30:00-05:00'
    ]
  },
  {
    says: 'Seoul has no such days',
    when: { cron: '30 2 * * *' },
    zone: SEOUL,
    from: '2027-03-27T12:00:00Z',
    gives: ['2027-03-28T02:30:00+09:00', '2027-03-29T02:30:00+09:00']
  },
  {
    says: 'a pattern of every hour fires in each real hour of the long day',
    when: { cron: '30 * * * *' },
    zone: PARIS,
    from: '2026-10-24T23:00:00Z',
    gives: [
      '2026-10-25T01:30:00+02:00',
      '2026-10-25T02:30:00+02:00',
      '2026-10-25T02:30:00+01:00',
      '2026-10-25T03:30:00+01:00'
    ]
  },
  {
    says: 'a pattern of every hour leaves out the hour that does not exist',
    when: { cron: '30 * * * *' },
    zone: PARIS,
    from: '2027-03-28T00:00:00Z',
    gives: ['2027-03-28T01:30:00+01:00', '2027-03-28T03:30:00+02:00', '2027-03-28T04:30:00+02:00']
  },
  {
    says: 'a pattern of every hour in one month of a year passes over the changes between',
    when: { cron: '0 * 31 12 *' },
    zone: NEW_YORK,
    from: '2026-08-01T00:00:00Z',
    gives: ['2026-12-31T00:00:00-05:00', '2026-12-31T01:00:00-05:00']
  },
  {
    says: 'a day that was left out by a whole country fires at its end',
    when: { cron: '0 12 30 12 *' },
    zone: 'Pacific/Apia',
    from: '2011-12-01T00:00:00Z',
    gives: ['2011-12-31T00:00:00+14:00 | moved: 12:00 does not exist on this day']
  },
  {
    says: 'a gap at midnight moves to the same day',
    when: rule('00:00', { day: 25, month: 4 }),
    zone: 'Africa/Cairo',
    from: '2025-01-01T00:00:00Z',
    gives: ['2025-04-25T01:00:00+03:00 | moved: 00:00 does not exist on this day']
  }
]
