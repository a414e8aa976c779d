// Runs by hand of many schedules at one moment: each holds its schedule in a transaction while its job is submitted, and none
// waits for a connection that the others hold.
import t from 'tap'
import { clientOf, quickDefinition } from '../http/schedules/scheduling-client.ts'
import { buildApp } from '../support/build-app.ts'

/** More than a server has connections for requests. */
const AT_ONCE = 16

t.test('more runs than connections begin at one moment, and all are accepted', async t => {
  const client = clientOf(await buildApp(t))
  await quickDefinition(client)
  const names = Array.from({ length: AT_ONCE }, (_, at) => `s${at}`)
  for (const name of names) {
    const schedule = { name, definition: 'quick', when: { cron: '0 0 1 1 *' } }
    t.equal((await client.post('/schedules', schedule)).status, 201)
  }
  const answers = await Promise.all(names.map(name => client.post(`/schedules/${name}/run`, {})))
  t.same(
    answers.map(({ status }) => status),
    names.map(() => 201)
  )
  for (const { json } of answers)
    t.match(await client.ended(json.instanceId as number), { batchStatus: 'COMPLETED' })
})
