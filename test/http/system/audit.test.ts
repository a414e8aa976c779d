// The audit over HTTP: who may read it, how it is paged and filtered, and what a verify says of one that was changed.
import { mkdtemp, realpath, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import t from 'tap'
import { tryLock } from '../../../src/store/advisory-lock.ts'
import { appendAudit, chainAudit, verifyAudit } from '../../../src/store/audit.ts'
import { rows } from '../../../src/store/database.ts'
import { run } from '../../cli/cli-process.ts'
import { buildApp } from '../../support/build-app.ts'
import { until } from '../../support/until.ts'
import { as, USERS, writeUsersFile } from '../../support/users.ts'

const directory = await realpath(await mkdtemp(path.join(tmpdir(), 'batchyard-audit-')))
t.teardown(() => rm(directory, { recursive: true, force: true }))
const app = await buildApp(t, { BATCH_USERS_FILE: await writeUsersFile(directory) })
const { db, url } = app.database

async function ask(query: string, user = 'admin') {
  const answer = await app.http.inject({ method: 'GET', url: `/api/v1/audit${query}`, headers: as(user) })
  return { status: answer.statusCode, body: answer.json() }
}

async function targets(query: string): Promise<string[]> {
  const { status, body } = await ask(query)
  if (status !== 200) throw new Error(JSON.stringify(body))
  return (body.items as { target: string }[]).map(({ target }) => target)
}

await appendAudit(
  db,
  [1, 2, 3, 4, 5].map(id => ({
    who: id % 2 === 0 ? 'bob' : 'alice',
    what: id === 5 ? ('joblog.delete' as const) : ('instance.stop' as const),
    target: `instance:${id}`,
    before: { batchStatus: 'STARTED' }
  }))
)
await until(
  'all are chained',
  async () => (await chainAudit(db)) === 0 && (await verifyAudit(db)).unchained === 0
)
// The server chains nothing while another one does.
const chaining = await db.transaction()
t.teardown(() => chaining.rollback())
await until('nobody chains', () => tryLock(chaining, 'audit'))
await appendAudit(db, [{ who: 'bob', what: 'instance.purge', target: 'instance:6', reason: 'old' }])

t.test('who sees all of the server reads its whole audit, any other role what he did himself', async t => {
  for (const [user, { roles }] of Object.entries(USERS)) {
    const { status, body } = await ask('', user)
    t.equal(status, roles.length === 0 ? 401 : 200, user)
    t.equal((await ask('/verify', user)).status, status, user)
    if (status !== 200) continue
    const whose = (body.items as { who: string }[]).map(({ who }) => who)
    if (['admin', 'mona', 'sam'].includes(user)) t.same(new Set(whose), new Set(['alice', 'bob']), user)
    else t.same(whose, user === 'alice' || user === 'bob' ? [user, user, user] : [], user)
  }
  t.same((await ask('?who=alice', 'bob')).body.items, [], 'nothing of others, whoever is asked for')
})

t.test('entries come newest first, page by page, each once though more are written meanwhile', async t => {
  const seen: string[] = []
  let token: string | null = ''
  while (token !== null) {
    const { body } = await ask(`?limit=2${token === '' ? '' : `&token=${token}`}`)
    seen.push(...(body.items as { target: string }[]).map(({ target }) => target))
    token = body.nextToken
    await appendAudit(db, [{ who: 'carol', what: 'instance.stop', target: 'instance:99' }])
  }
  t.same(
    seen,
    [6, 5, 4, 3, 2, 1].map(id => `instance:${id}`)
  )
  await rows(db, `delete from audit where who = 'carol'`)
})

t.test('an entry is shown with its place in the chain, or without one until it has one', async t => {
  const { body } = await ask('?limit=2')
  t.match(body.items[0], {
    seq: null,
    hash: null,
    who: 'bob',
    what: 'instance.purge',
    reason: 'old',
    before: null
  })
  t.match(body.items[1], {
    seq: 5,
    hash: /^[0-9a-f]{64}$/,
    time: /^\d{4}-.*\.\d{3}Z$/,
    before: { batchStatus: 'STARTED' },
    after: null
  })
  t.same(Object.keys(body.items[0]), [
    'seq',
    'time',
    'who',
    'what',
    'target',
    'reason',
    'before',
    'after',
    'hash'
  ])
})

t.test('filters narrow the list, and what makes no sense is refused', async t => {
  t.same(await targets('?who=alice'), ['instance:5', 'instance:3', 'instance:1'])
  t.same(await targets('?who=b*&what=*.stop'), ['instance:4', 'instance:2'])
  t.same(await targets('?target=instance:6'), ['instance:6'])
  t.equal((await targets('?from=2020-01-01&to=2999-01-01T00:00:00%2B01:00')).length, 6)
  t.equal((await targets('?from=2020-01-01T00:00:00+01:00')).length, 6)
  t.same(await targets('?to=2020-01-01T00:00:00Z'), [])
  for (const query of [
    '?whom=alice',
    '?from=yesterday',
    '?to=2026-02-30',
    '?from=2026-11-24T25:00:00Z',
    '?from=2026-11-24T10:00:00',
    '?limit=0',
    '?limit=1001',
    '?token=abc',
    `?token=${Buffer.from('["applications","a"]').toString('base64url')}`,
    `?token=${Buffer.from('["audit","x"]').toString('base64url')}`,
    '?who=%00'
  ])
    t.equal((await ask(query)).status, 400, query)
  t.match((await ask('?from=x&to=y')).body, { errors: [{ path: 'from' }, { path: 'to' }] })
  t.equal((await ask('/verify?x=1')).status, 400)
})

t.test('a verify finds what was changed, over HTTP and on the command line', async t => {
  const { body } = await ask('/verify')
  t.match(body, { ok: true, entries: 5, firstBad: null, unchained: 1, head: { seq: 5 } })
  const head = `${body.head.seq}:${body.head.hash}`
  const cli = (...args: string[]) =>
    run(t, ['audit', 'verify', ...args], { cwd: directory, environment: { BATCH_DATABASE_URL: url } })
  const sound = await cli('--noted', head)
  t.match(sound, { code: 0, stdout: `The audit is as it was written: 5 entries.\nNot chained yet` })
  t.match(sound.stdout, `Head: ${head}`)
  const noted = await cli('--noted', `5:${'a'.repeat(64)}`)
  t.match(noted, { code: 1, stdout: 'The head that was noted (entry 5) is not in it' })
  t.match(await cli('--noted', '5'), { code: 22, stderr: 'is no head as verify prints it' })

  await rows(db, `update audit set who = 'bob' where chain_number = 3`)
  t.match((await ask('/verify')).body, { ok: false, entries: 2, firstBad: 3, unchained: 1 })
  t.match(await cli(), { code: 1, stdout: 'entry 3 is not what was written' })
  await rows(db, 'delete from audit where chain_number >= 3')
  t.match((await ask('/verify')).body, { ok: false, entries: 2, firstBad: 3 })
})
