// A job that waits as JMS_QUEUED for an executor which dies: it waits on, and runs on the next one.
import t from 'tap'
import { rows } from '../../src/store/database.ts'
import { until } from '../support/until.ts'
import { nameOf, placeOf } from './servers-in-roles.ts'

t.test('what an executor that dies had not begun waits for another one', async t => {
  const place = await placeOf(t)
  const dispatcher = await place.start('front', { BATCH_ROLE: 'dispatcher', BATCH_LEASE_SECONDS: '15' })
  const worker = { BATCH_ROLE: 'executor', BATCH_LEASE_SECONDS: '15' }
  const first = await place.start('first', worker)
  const never = await place.gate()
  const held = await dispatcher.submit('gated', 'held', { gate: never.file })
  await dispatcher.when(held, 'STARTED')
  const waiting = [await dispatcher.submit('gated', 'quick'), await dispatcher.submit('gated', 'quick')]
  // One of them as if it had been claimed ahead and not begun.
  const [claimed] = await rows(
    place.database.db,
    /* sql */ `update batchyard.unit set status = 'CLAIMED', epoch = epoch + 1,
      incarnation = (select incarnation from batchyard.incarnation where server_id like '%/first')
    where instance_id = :id and status = 'READY' returning unit_id`,
    { id: waiting[0]! }
  )
  t.ok(claimed)
  first.process.kill('SIGKILL')
  await first.process.ended
  t.match(await dispatcher.when(held, 'FAILED'), { batchStatus: 'FAILED' }, 'what had begun')
  for (const id of waiting)
    t.match(await dispatcher.get(`/jobinstances/${id}`), {
      instanceState: 'JMS_QUEUED',
      batchStatus: 'STARTING'
    })
  await until('what it published has gone with it', async () => {
    const { json } = await dispatcher.api('GET', '/applications')
    return json.items.length === 0
  })
  const left = await rows(place.database.db, 'select from batchyard.published_application')
  t.equal(left.length, 0)

  await place.start('second', worker)
  for (const id of waiting) {
    const ended = await dispatcher.ended(id)
    t.equal(ended.batchStatus, 'COMPLETED')
    t.equal(nameOf(ended), 'second')
  }
})
