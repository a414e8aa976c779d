// E4 what a server claimed ahead and could not begin in time goes to whoever has a free thread, and not before.
import t from 'tap'
import { rows } from '../../src/store/database.ts'
import { until } from '../support/until.ts'
import { type Gate, nameOf, placeOf } from './servers-in-roles.ts'

/** So many at once that a server believes it will go on at this rate. */
const QUICK = 40
const HELD = 3

t.test('jobs claimed ahead do not wait behind a long one while another server is idle', async t => {
  const place = await placeOf(t)
  const { db } = place.database
  const one = await place.start('one')
  const claimed = () =>
    rows<{ instance_id: number }>(
      db,
      `select instance_id from batchyard.unit where status = 'CLAIMED'
      and exists (select from batchyard.job_execution e where e.batch_status = 'STARTED')`
    )
  let gate: Gate = await place.gate()
  let held: readonly number[] = []
  await until('a job is held, and others were claimed behind it', async () => {
    const quick = await Promise.all(Array.from({ length: QUICK }, () => one.submit('gated', 'quick', {})))
    held = await Promise.all(
      Array.from({ length: HELD }, () => one.submit('gated', 'held', { gate: gate.file }))
    )
    for (const id of quick) await one.ended(id)
    if ((await claimed()).length > 0) return true
    await gate.open()
    for (const id of held) await one.ended(id)
    gate = await place.gate()
    return false
  })
  const two = await place.start('two')
  // Each has one thread, and the gate stays closed: the second to begin can only begin on the other server.
  const begun = await until('two of them are at work', async () => {
    const started = await rows<{ server_id: string }>(
      db,
      `select server_id from batchyard.job_execution where batch_status = 'STARTED'`
    )
    return started.length === 2 && started
  })
  t.same(new Set(begun.map(row => nameOf({ serverId: row.server_id }))), new Set(['one', 'two']))
  await gate.open()
  for (const id of held) t.match(await two.ended(id), { batchStatus: 'COMPLETED' })
})
