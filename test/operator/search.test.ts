// What a caller's searches may look at, and what becomes of one that takes too long.
import t from 'tap'
import { ALL_INSTANCES, type InstanceSearch, scopeOf } from '../../src/operator/search.ts'
import { rows } from '../../src/store/database.ts'
import { listJobInstances } from '../../src/store/job-instances.ts'
import { buildApp } from '../support/build-app.ts'
import { createDatabase } from '../support/database.ts'
import { submitted } from '../store/repository.ts'

const { db } = await createDatabase(t)
const secretWords = ['password']

const search = (selection: Partial<InstanceSearch['selection']> = {}): InstanceSearch => ({
  selection: { ...ALL_INSTANCES, ...selection },
  sort: [],
  paging: { page: 0, pageSize: 50 }
})

const alice = await submitted(db, {
  submitter: 'alice',
  jobParameters: { dbPassword: 'secret', region: 'EU' }
})
const bob = await submitted(db, { submitter: 'bob', jobParameters: { dbPassword: 'secret', region: 'EU' } })

async function seenBy(
  user: string,
  roles: readonly ('batchAdmin' | 'batchSubmitter' | 'batchMonitor')[],
  asked: InstanceSearch
) {
  const scope = scopeOf({ user, roles, groups: [] }, { secretWords })
  return (await listJobInstances(db, asked, scope)).map(({ instanceId }) => instanceId)
}

t.test('a submitter’s list has his own instances only, an administrator’s and a monitor’s all', async t => {
  t.same(await seenBy('bob', ['batchSubmitter'], search()), [bob.instanceId])
  t.same(await seenBy('bob', ['batchSubmitter'], search({ submitter: ['alice'] })), [])
  t.same(await seenBy('bob', ['batchMonitor'], search()), [bob.instanceId, alice.instanceId])
  t.same(await seenBy('bob', ['batchAdmin'], search()), [bob.instanceId, alice.instanceId])
})

t.test(
  'a secret parameter is found by those only who are shown it, under whatever pattern of a name',
  async t => {
    for (const name of ['dbPassword', 'dbPass*', '*', '*word']) {
      const asked = search({ jobParameters: [{ name, value: 's*' }] })
      t.same(await seenBy('root', ['batchAdmin'], asked), [bob.instanceId, alice.instanceId], name)
      t.same(await seenBy('bob', ['batchMonitor'], asked), [bob.instanceId], name)
      t.same(await seenBy('eve', ['batchMonitor'], asked), [], name)
    }
    t.same(
      await seenBy(
        'eve',
        ['batchMonitor'],
        search({ ignoreCase: true, jobParameters: [{ name: 'DBPASSWORD', value: 'secret' }] })
      ),
      []
    )
    t.same(await seenBy('eve', ['batchMonitor'], search({ jobParameters: [{ name: 'r*', value: 'EU' }] })), [
      bob.instanceId,
      alice.instanceId
    ])
  }
)

for (const [seconds, which] of [
  [1, 'for longer than a statement may take'],
  [10, 'for longer than a lock is waited for']
] as const)
  t.test(`a list that the database holds back ${which} is 503 with Retry-After`, async t => {
    const { http, database } = await buildApp(t, { BATCH_STATEMENT_TIMEOUT_SECONDS: String(seconds) })
    await database.db.transaction(async trx => {
      await rows(trx, 'lock table job_instance in access exclusive mode')
      const answers = await Promise.all(
        ['/jobinstances', '/v4/jobinstances?jobName=*x*', '/v4/jobinstances?jobParameter.a=b'].map(path =>
          http.inject(`/ibm/api/batch${path}`)
        )
      )
      for (const answer of answers) {
        t.match(answer.json(), { status: 503, code: 'StatementTimeout' })
        t.equal(answer.headers['retry-after'], '5')
      }
    })
  })
