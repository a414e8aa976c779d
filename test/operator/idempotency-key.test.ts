// A submit repeated with its Idempotency-Key is the same submit, however often and from however many at once.
import t from 'tap'
import { adminCaller } from '../../src/operator/caller.ts'
import { rows } from '../../src/store/database.ts'
import { forgetOldKeys } from '../../src/store/idempotency-keys.ts'
import { buildApp } from '../support/build-app.ts'
import { CALLER } from '../support/jobs.ts'

const { operator, database, http } = await buildApp(t)

const submission = (idempotencyKey: string | null, jobParameters: Record<string, string> = {}) => ({
  application: 'SimpleBatchJob',
  module: 'SimpleBatchJob.war',
  component: null,
  jobXMLName: 'test_noop',
  jobXML: null,
  jobParameters,
  idempotencyKey
})

async function instances(): Promise<number> {
  const [row] = await rows<{ n: number }>(database.db, 'select count(*)::int as n from job_instance')
  return row!.n
}

t.test('E15 twenty at once with one key are one instance, made once', async t => {
  const before = await instances()
  const answers = await Promise.all(
    Array.from({ length: 20 }, () => operator.submit(submission('twenty', { a: '1', b: '2' }), CALLER))
  )
  t.equal(new Set(answers.map(answer => answer.instance.instanceId)).size, 1)
  t.equal(answers.filter(answer => answer.created).length, 1)
  t.equal(await instances(), before + 1)
  const again = await operator.submit(submission('twenty', { b: '2', a: '1' }), CALLER)
  t.equal(again.created, false, 'the order of the parameters is not part of it')
})

t.test('E15 another body with the key is refused and makes nothing', async t => {
  await operator.submit(submission('body', { a: '1' }), CALLER)
  const before = await instances()
  await t.rejects(operator.submit(submission('body', { a: '2' }), CALLER), { code: 'IdempotencyKeyReused' })
  t.equal(await instances(), before)
})

t.test('E15 keys belong to their submitter, and submits without a key are always new', async t => {
  const mine = await operator.submit(submission('shared'), CALLER)
  const theirs = await operator.submit(submission('shared'), adminCaller('bob'))
  t.not(mine.instance.instanceId, theirs.instance.instanceId)
  const one = await operator.submit(submission(null), CALLER)
  const two = await operator.submit(submission(null), CALLER)
  t.not(one.instance.instanceId, two.instance.instanceId)
})

t.test('E15 after a purge the key is remembered, and after seven days it is not', async t => {
  const { instance } = await operator.submit(submission('old'), CALLER)
  await rows(database.db, 'delete from job_instance where instance_id = :id', { id: instance.instanceId })
  await t.rejects(operator.submit(submission('old'), CALLER), { code: 'IdempotencyKeyPurged' })
  await rows(
    database.db,
    `update idempotency_key set create_time = clock_timestamp() - interval '7 days 1 minute' where key = 'old'`
  )
  t.equal(await forgetOldKeys(database.db), 1)
  t.equal((await operator.submit(submission('old'), CALLER)).created, true)
})

t.test(
  'E15 over HTTP the repeat is 200 with the same instance, and a key that is none is refused',
  async t => {
    const post = (key: string) =>
      http.inject({
        method: 'POST',
        url: '/ibm/api/batch/jobinstances',
        headers: { 'idempotency-key': key, host: 'localhost' },
        payload: JSON.stringify({ applicationName: 'SimpleBatchJob', jobXMLName: 'test_noop' })
      })
    const first = await post('"http"')
    t.equal(first.statusCode, 201)
    const second = await post('"http"')
    t.equal(second.statusCode, 200)
    t.equal(second.json<{ instanceId: number }>().instanceId, first.json<{ instanceId: number }>().instanceId)
    t.equal((await post('x'.repeat(256))).statusCode, 400)
  }
)
