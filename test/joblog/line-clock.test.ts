// Without this a line's time could be wrong after a cached minute, at a change of summer time, or in half-hour zones.
import fc from 'fast-check'
import t from 'tap'
import { DateTime } from 'luxon'
import { lineClock } from '../../src/joblog/line-clock.ts'

const ZONES = [
  'UTC',
  'Europe/Berlin',
  'America/New_York',
  'Asia/Kolkata',
  'Australia/Lord_Howe',
  'Asia/Seoul',
  'America/St_Johns'
]

t.test('a stamp looks as in a recorded log', async t => {
  t.equal(lineClock('UTC')(Date.UTC(2026, 10, 24, 13, 0, 4, 223)), '[11/24/26, 13:00:04:223 UTC] ')
  t.equal(
    lineClock('UTC')(Date.UTC(2026, 0, 1, 0, 0, 0, 7)),
    '[01/01/26, 00:00:00:007 UTC] ',
    'midnight is 00'
  )
})

t.test('zones have the short names Java gives them', async t => {
  const winter = Date.UTC(2026, 0, 15)
  const summer = Date.UTC(2026, 6, 15)
  const name = (zone: string, time: number) => lineClock(zone)(time).split(' ')[2]
  t.equal(name('Europe/Berlin', winter), 'CET]')
  t.equal(name('Europe/Berlin', summer), 'CEST]')
  t.equal(name('America/New_York', summer), 'EDT]')
  t.equal(name('Asia/Seoul', summer), 'KST]')
  t.equal(name('America/Sao_Paulo', summer), 'BRT]')
})

t.test('every time is what a calendar library says, whatever time came before', async () => {
  const clocks = new Map(ZONES.map(zone => [zone, lineClock(zone)]))
  const times = fc.integer({ min: Date.UTC(1990, 0), max: Date.UTC(2090, 0) })
  fc.assert(
    fc.property(fc.constantFrom(...ZONES), times, fc.integer({ min: 0, max: 120_000 }), (zone, time, later) =>
      [time, time + later].every(moment => {
        const expected = DateTime.fromMillis(moment, { zone }).toFormat('[MM/dd/yy, HH:mm:ss:SSS')
        return clocks.get(zone)?.(moment).startsWith(`${expected} `)
      })
    ),
    { numRuns: 3000 }
  )
})

t.test('the end of summer time changes the name from one line to the next', async t => {
  const clock = lineClock('Europe/Berlin')
  const change = Date.UTC(2026, 9, 25, 1)
  t.equal(clock(change - 1), '[10/25/26, 02:59:59:999 CEST] ')
  t.equal(clock(change), '[10/25/26, 02:00:00:000 CET] ')
})

t.test('a zone that does not exist is refused', async t => {
  t.throws(() => lineClock('Moon/Crater'), RangeError)
})
