// `kill -9` of a server that is at its work: what was done has its audit row, and what was not has none.
import t from 'tap'
import { rows } from '../../src/store/database.ts'
import { batchClient } from '../support/batch-client.ts'
import { LONG } from '../support/chaos.ts'
import { serverPlace, startServer } from '../support/server-process.ts'
import { until } from '../support/until.ts'

const CLIENTS = 6
const ROUNDS = LONG ? 6 : 2

t.test('each instance has the row of its submit, and each that is gone the row of its purge', async t => {
  const place = await serverPlace(t)
  const { db } = place.database
  for (let round = 0; round < ROUNDS; round++) {
    const server = await startServer(t, place)
    const client = batchClient(server)
    let killed = false
    const busy = Array.from({ length: CLIENTS }, async () => {
      while (!killed)
        try {
          const instanceId = await client.submit('SimpleBatchJob', 'test_noop')
          await client.ended(instanceId)
          await fetch(`${server.url}/ibm/api/batch/jobinstances/${instanceId}`, { method: 'DELETE' })
        } catch (error) {
          // The server went in the middle of it.
          if (!killed) throw error
        }
    })
    const before = (await rows(db, `select from audit where what = 'instance.purge'`)).length
    await until('ten are purged', async () => {
      const purged = await rows(db, `select from audit where what = 'instance.purge'`)
      return purged.length >= before + 10
    })
    killed = true
    server.kill('SIGKILL')
    await server.ended
    await Promise.all(busy)
    await until('its sessions are gone', async () => {
      const left = await rows(
        db,
        `select from pg_stat_activity where datname = current_database() and application_name ~ '^batchyard [0-9a-f]'`
      )
      return left.length === 0
    })
    t.same(
      await rows(
        db,
        /* sql */ `
        with there as (select 'instance:' || instance_id as target from job_instance),
        submitted as (select target, count(*)::int as times from audit where what = 'instance.submit' group by target),
        purged as (select target, count(*)::int as times from audit where what = 'instance.purge' group by target)
        select coalesce(s.target, i.target, p.target) as target, s.times as submits, p.times as purges,
          i.target is not null as there
        from submitted s full join there i on i.target = s.target full join purged p on p.target = coalesce(s.target, i.target)
        where s.times is distinct from 1 or (i.target is null) <> (coalesce(p.times, 0) = 1) or p.times > 1`
      ),
      [],
      `round ${round + 1}`
    )
  }
})
