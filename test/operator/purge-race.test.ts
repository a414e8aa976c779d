// A restart and a purge of one instance at once, a hundred times: one wins, the other is refused, nothing hangs.
import t from 'tap'
import { BatchError } from '../../src/batch/batch-error.ts'
import { rows } from '../../src/store/database.ts'
import { buildApp } from '../support/build-app.ts'
import { CALLER } from '../support/jobs.ts'
import { until } from '../support/until.ts'

const { operator, database } = await buildApp(t)
const { db } = database

async function ended(instanceId: number): Promise<void> {
  await until(`job instance ${instanceId} has ended`, async () =>
    /FAILED|COMPLETED/.test((await operator.jobInstance(instanceId, CALLER)).instanceState)
  )
}

async function failed(): Promise<number> {
  const { instance } = await operator.submit(
    {
      application: 'SimpleBatchJob',
      module: 'SimpleBatchJob.war',
      component: null,
      jobXMLName: 'test_failingBatchlet',
      jobXML: null,
      jobParameters: {},
      idempotencyKey: null
    },
    CALLER
  )
  await ended(instance.instanceId)
  return instance.instanceId
}

t.test('E14 of a restart and a purge at once exactly one wins, over 100 rounds', async t => {
  const instances = await Promise.all(Array.from({ length: 100 }, () => failed()))
  const wins = { restart: 0, purge: 0 }
  for (let at = 0; at < instances.length; at += 10)
    await Promise.all(
      instances.slice(at, at + 10).map(async (instanceId, nth) => {
        const purge = async () => {
          // A head start for the restart, from none to all it needs.
          for (let wait = 0; wait < nth; wait++) await rows(db, 'select 1')
          await operator.purge(instanceId, { jobStoreOnly: nth % 2 === 1 }, CALLER)
        }
        const restart = operator.restart(
          {
            target: { kind: 'instance', instanceId },
            // What restarted must not have ended again before the purge comes: then both would be right.
            jobParameters: { com_ibm_ws_batch_message_deliveryDelay: '1000' },
            reusePreviousParams: true
          },
          CALLER
        )
        const [restarted, purged] = await Promise.allSettled([restart, purge()])
        t.not(restarted.status, purged.status, `instance ${instanceId}`)
        const loser = restarted.status === 'rejected' ? restarted : (purged as PromiseRejectedResult)
        t.ok(
          loser.reason instanceof BatchError &&
            ['JobRestart', 'JobNotPurgeable', 'NoSuchJobInstance'].includes(loser.reason.code),
          String(loser.reason)
        )
        if (restarted.status === 'fulfilled') {
          wins.restart++
          await ended(instanceId)
        } else {
          wins.purge++
          await t.rejects(operator.jobInstance(instanceId, CALLER), { code: 'NoSuchJobInstance' })
        }
      })
    )
  t.ok(wins.restart > 0 && wins.purge > 0, JSON.stringify(wins))
  const [{ units }] = (await rows(db, 'select count(*)::int as units from unit')) as [{ units: number }]
  t.equal(units, 0, 'nothing hangs')
})
