// Executors that are bound to applications and to operation groups: each runs what is its own, and nothing else.
import t from 'tap'
import { nameOf, placeOf } from './servers-in-roles.ts'

t.test('jobs go to the executors that are bound to them, and are refused where none is', async t => {
  const place = await placeOf(t)
  const groups = { BATCH_OPERATION_GROUPS: '{"job:quick":"night"}' }
  const dispatcher = await place.start('front', { BATCH_ROLE: 'dispatcher', ...groups })
  const bound = { BATCH_ROLE: 'executor', BATCH_THREADS: '2' }
  await Promise.all([
    place.start('gated-only', { ...bound, BATCH_EXECUTOR_APPLICATIONS: 'gated' }),
    place.start('night-only', { ...bound, BATCH_EXECUTOR_OPERATION_GROUPS: 'night, spare' })
  ])
  const ranOn = async (instanceId: number) => {
    const ended = await dispatcher.ended(instanceId)
    t.equal(ended.batchStatus, 'COMPLETED')
    return nameOf(ended)
  }

  t.test('of an application that one server has, and the other may only run at night', async t => {
    const ids = await Promise.all(
      Array.from({ length: 12 }, () => dispatcher.submit('gated', 'quick', { ms: '20' }))
    )
    const servers = new Set(await Promise.all(ids.map(ranOn)))
    t.ok([...servers].every(name => name === 'gated-only' || name === 'night-only'))
    const gate = await place.gate()
    await gate.open()
    const held = Array.from({ length: 4 }, () => dispatcher.submit('gated', 'held', { gate: gate.file }))
    for (const id of await Promise.all(held)) t.equal(await ranOn(id), 'gated-only', 'it has no group')
  })

  const elsewhere = (id: string) => ({
    applicationName: 'lingering',
    jobXML: `<job id="${id}" xmlns="http://xmlns.jcp.org/xml/ns/javaee" version="1.0"><step id="s"><batchlet ref="nothing"/></step></job>`
  })
  t.test('of an application that only the one bound to a group has', async t => {
    const accepted = await dispatcher.call('POST', '/jobinstances', elsewhere('quick'))
    t.match(accepted.json, { instanceState: 'JMS_QUEUED' })
    t.match(nameOf(await dispatcher.ended(accepted.json.instanceId)), 'night-only')
    t.match((await dispatcher.call('POST', '/jobinstances', elsewhere('daily'))).json, {
      status: 400,
      code: 'NoExecutor',
      detail: /application lingering .*no group/
    })
  })
})
