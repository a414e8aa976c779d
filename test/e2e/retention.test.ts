// R004-53 purging history is on by default, and every start of a server says so, and when it is off.
import t from 'tap'
import { serverPlace, startServer } from '../support/server-process.ts'

const SCHEDULE = '/api/v1/schedules/BATCH_DESTRUCT_HISTO'

t.test('R004-53 the log of the start says that history older than 30 days is purged, or kept', async t => {
  const place = await serverPlace(t)
  const first = await startServer(t, place)
  await first.says(
    /history is purged: job instances that ended 30 days ago or earlier go, with their job logs \(Every day at 23:00\)/
  )
  const schedule = await (await fetch(`${first.url}${SCHEDULE}`)).json()
  t.match(schedule, { state: 'Active', programming: { en: 'Every day at 23:00' } })

  const deactivated = await fetch(`${first.url}${SCHEDULE}/deactivate`, { method: 'POST' })
  const settings = { parameters: { days: '90' }, when: { rule: { weekdays: ['sun'], at: '04:00' } } }
  const edited = await fetch(`${first.url}${SCHEDULE}`, {
    method: 'PUT',
    body: JSON.stringify(settings),
    headers: { 'content-type': 'application/json', 'if-match': deactivated.headers.get('etag') ?? '' }
  })
  t.equal(edited.status, 200)
  await first.stop()

  const second = await startServer(t, place)
  await second.says(/history is kept for ever: the schedule that purges it is InActive/)
  t.equal((await fetch(`${second.url}${SCHEDULE}/activate`, { method: 'POST' })).status, 200)
  await second.stop()

  const third = await startServer(t, place)
  await third.says(/ended 90 days ago or earlier go, with their job logs \(Every Sun at 04:00\)/)
})
