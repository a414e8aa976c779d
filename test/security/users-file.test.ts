// What may stand in a users file, and that changing it by command loses nothing.
import { chmod, mkdtemp, readdir, readFile, rm, stat, utimes, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { hash } from '@node-rs/argon2'
import t from 'tap'
import { editUsersFile, readUsersFile } from '../../src/security/edit-users-file.ts'
import { SecurityError } from '../../src/security/security-error.ts'
import { parseUsersFile } from '../../src/security/users-file.ts'
import { systemClock } from '../../src/service/clock.ts'
import { CHEAP } from '../support/users.ts'

const HASH = await hash('right', CHEAP)
const directory = await mkdtemp(path.join(tmpdir(), 'batchyard-users-'))
t.teardown(() => rm(directory, { recursive: true }))

const parsed = (text: string) => [...parseUsersFile(text, 'users').values()]
const file = (name: string) => path.join(directory, name)

t.test('a line is a user with hash, roles and groups; comments and empty lines are none', async t => {
  const text = `\uFEFF# ours\n\nbob:${HASH}:batchSubmitter , batchMonitor:ops,finance\r\n이순신:${HASH}\nlocked:!:batchAdmin:\n`
  t.same(parsed(text), [
    { user: 'bob', hash: HASH, roles: ['batchSubmitter', 'batchMonitor'], groups: ['ops', 'finance'] },
    { user: '이순신', hash: HASH, roles: [], groups: [] },
    { user: 'locked', hash: '!', roles: ['batchAdmin'], groups: [] }
  ])
  t.same(parsed(''), [])
})

t.test('every wrong line is named at once, and no hash or password is in the message', async t => {
  const lines = [
    'bob',
    'bob:secretplain:batchAdmin',
    `bob:${HASH}:batchBoss`,
    `bob:${HASH}:batchAdmin:a:b`,
    `:${HASH}:batchAdmin`,
    `NOTSET:${HASH}:batchAdmin`,
    `a\u0007b:${HASH}:batchAdmin`,
    'bob:$argon2i$v=19$m=4096,t=3,p=1$c29tZXNhbHQxMjM0NTY$aGFzaGhhc2hoYXNoaGFzaA:batchAdmin',
    `bob:${HASH.replace('m=1024', 'm=9999999')}:batchAdmin`,
    `bob:${HASH.slice(0, -60)}:batchAdmin`
  ]
  try {
    parseUsersFile(lines.join('\n'), '/etc/users')
    t.fail('it was accepted')
  } catch (error) {
    t.ok(error instanceof SecurityError)
    const { message } = error as Error
    for (const at of lines.keys()) t.match(message, `line ${at + 1}:`)
    t.notMatch(message, 'secretplain')
    t.notMatch(message, 'argon2id$')
  }
})

t.test('two users of one name are refused, also when they are only spelled alike', async t => {
  t.throws(() => parsed(`bob:${HASH}\nbob:${HASH}`), /second user bob/)
  t.throws(() => parsed(`\u00e9:${HASH}\ne\u0301:${HASH}`), /second user/)
})

t.test('a change keeps comments, order and the other users, and leaves nothing behind', async t => {
  await writeFile(file('kept'), `# head\nada:${HASH}:batchAdmin:\n# about bob\nbob:${HASH}:batchMonitor:\n`, {
    mode: 0o640
  })
  await editUsersFile(file('kept'), 'ada', before => ({ ...before!, roles: ['batchSubmitter'] }), systemClock)
  await editUsersFile(
    file('kept'),
    'eve',
    () => ({ user: 'eve', hash: HASH, roles: [], groups: ['g'] }),
    systemClock
  )
  await editUsersFile(file('kept'), 'bob', () => null, systemClock)
  t.equal(
    await readFile(file('kept'), 'utf8'),
    `# head\nada:${HASH}:batchSubmitter:\n# about bob\neve:${HASH}::g\n`
  )
  t.equal((await stat(file('kept'))).mode & 0o777, 0o640)
  t.same(await readdir(directory), ['kept'])
})

t.test('a new file is closed to others', async t => {
  await editUsersFile(
    file('new'),
    'eve',
    () => ({ user: 'eve', hash: HASH, roles: [], groups: [] }),
    systemClock
  )
  t.equal((await stat(file('new'))).mode & 0o777, 0o600)
  t.match(await readUsersFile(file('new')), [{ user: 'eve' }])
})

t.test('twenty changes at one time all take place', async t => {
  const names = Array.from({ length: 20 }, (_, at) => `user${at}`)
  await Promise.all(
    names.map(user =>
      editUsersFile(file('many'), user, () => ({ user, hash: HASH, roles: [], groups: [] }), systemClock)
    )
  )
  t.same((await readUsersFile(file('many'))).map(({ user }) => user).toSorted(), names.toSorted())
})

t.test('a change that fails, or would make a file nobody can read, changes nothing', async t => {
  await writeFile(file('same'), `ada:${HASH}:batchAdmin:\n`)
  const before = await readFile(file('same'), 'utf8')
  const edit = (roles: string[]) =>
    editUsersFile(file('same'), 'ada', one => ({ ...one!, roles }), systemClock)
  await t.rejects(edit(['batchBoss']), /no role batchBoss/)
  await t.rejects(
    editUsersFile(
      file('same'),
      'ada',
      () => {
        throw new Error('no')
      },
      systemClock
    ),
    /no/
  )
  t.equal(await readFile(file('same'), 'utf8'), before)
  await edit([])
  t.notOk((await readdir(directory)).some(name => name.endsWith('.lock') || name.endsWith('.new')))
})

t.test('the lock of somebody who was killed is taken over', async t => {
  await writeFile(file('stale.lock'), '')
  await utimes(file('stale.lock'), 1, 1)
  await editUsersFile(
    file('stale'),
    'eve',
    () => ({ user: 'eve', hash: HASH, roles: [], groups: [] }),
    systemClock
  )
  t.match(await readUsersFile(file('stale')), [{ user: 'eve' }])
})

t.test('a file that is broken is not changed either', async t => {
  await writeFile(file('broken'), 'nonsense\n')
  await chmod(file('broken'), 0o600)
  await t.rejects(
    editUsersFile(file('broken'), 'eve', () => null, systemClock),
    /line 1/
  )
  t.equal(await readFile(file('broken'), 'utf8'), 'nonsense\n')
})
