// Dates as Liberty writes them, checked against luxon over zones and years.
import fc from 'fast-check'
import { DateTime } from 'luxon'
import t from 'tap'
import { dateText } from '../../../../src/http/liberty/view/date-text.ts'

t.test("a date is Liberty's text in the zone of the server", async t => {
  const date = new Date('2015-05-07T20:09:41.025Z')
  t.equal(dateText('America/New_York')(date), '2015/05/07 16:09:41.025 -0400')
  t.equal(dateText('Asia/Seoul')(date), '2015/05/08 05:09:41.025 +0900')
  t.equal(dateText('UTC')(date), '2015/05/07 20:09:41.025 +0000')
})

t.test('a missing date is the empty text', async t => {
  t.equal(dateText('UTC')(null), '')
})

t.test('every date since 1972 is what luxon writes, also around changes of the offset', async t => {
  const zones = [
    'Asia/Seoul',
    'Europe/Berlin',
    'America/St_Johns',
    'Asia/Kathmandu',
    'Australia/Lord_Howe',
    'UTC'
  ]
  const range = {
    min: new Date('1972-06-01T00:00:00Z'),
    max: new Date('2090-01-01T00:00:00Z'),
    noInvalidDate: true
  }
  for (const zone of zones) {
    const text = dateText(zone)
    fc.assert(
      fc.property(fc.date(range), date => {
        const wanted = DateTime.fromJSDate(date, { zone }).toFormat('yyyy/MM/dd HH:mm:ss.SSS ZZZ')
        return text(date) === wanted
      })
    )
  }
  const change = Date.parse('2026-10-25T01:00:00.000Z')
  t.equal(dateText('Europe/Berlin')(new Date(change - 1)), '2026/10/25 02:59:59.999 +0200')
  t.equal(dateText('Europe/Berlin')(new Date(change)), '2026/10/25 02:00:00.000 +0100')
})

t.test('an unknown zone is refused when the formatter is made', async t => {
  t.throws(() => dateText('Mars/Olympus'), RangeError)
})
