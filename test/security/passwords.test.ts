// Logging in: what is right, what is remembered, and how guessing is slowed down, counted in attempts and not in time.
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { hash } from '@node-rs/argon2'
import { pino } from 'pino'
import t, { type Test } from 'tap'
import { FREE_FAILURES } from '../../src/security/login-attempts.ts'
import { createPasswords, type Passwords } from '../../src/security/passwords.ts'
import { openUsersFile } from '../../src/security/users.ts'
import { CHEAP } from '../support/users.ts'

const HERE = '192.0.2.1'

interface Door {
  readonly passwords: Passwords
  readonly file: string
  readonly lines: string[]
  /** Lets time pass. */
  pass(seconds: number): void
  try(user: string, password: string, address?: string): Promise<string>
}

async function door(t: Test, text?: string): Promise<Door> {
  const directory = await mkdtemp(path.join(tmpdir(), 'batchyard-door-'))
  t.teardown(() => rm(directory, { recursive: true }))
  const file = path.join(directory, 'users')
  await writeFile(
    file,
    text ?? `bob:${await hash('right', CHEAP)}:batchSubmitter:ops\nlocked:!:batchAdmin:\n`,
    {
      mode: 0o600
    }
  )
  let now = 1_000_000
  const lines: string[] = []
  const clock = { now: () => now }
  const log = pino({ level: 'info' }, { write: line => void lines.push(line) })
  const passwords = await createPasswords(await openUsersFile(file, log, clock), clock)
  return {
    passwords,
    file,
    lines,
    pass: seconds => void (now += seconds * 1000),
    try: async (user, password, address = HERE) => (await passwords.check({ user, password }, address)).kind
  }
}

t.test('a user with his password is let in with his roles and groups, and nobody else is', async t => {
  const { passwords, try: attempt } = await door(t)
  t.match(await passwords.check({ user: 'bob', password: 'right' }, HERE), {
    kind: 'user',
    identity: { user: 'bob', roles: ['batchSubmitter'], groups: ['ops'] }
  })
  for (const [user, password] of [
    ['bob', 'Right'],
    ['bob', ''],
    ['Bob', 'right'],
    ['', 'right'],
    ['eve', 'right'],
    ['locked', '!'],
    ['locked', 'right'],
    ['x'.repeat(5000), 'right']
  ] as const)
    t.equal(await attempt(user, password), 'wrong', `${user.slice(0, 9)} ${password}`)
})

t.test('a name and a password may be spelled in either form of Unicode', async t => {
  const composed = '\u00e9\ud55c'
  const { try: attempt } = await door(t, `${composed}:${await hash(composed, CHEAP)}:batchAdmin:\n`)
  t.equal(await attempt(composed.normalize('NFD'), composed.normalize('NFD')), 'user')
})

t.test(
  'after some failures in a row the next attempt waits, twice as long after each further one',
  async t => {
    const { passwords, pass, try: attempt } = await door(t)
    for (let at = 0; at < FREE_FAILURES; at++) t.equal(await attempt('bob', `wrong${at}`), 'wrong')
    for (const seconds of [1, 2, 4, 8, 16, 32, 64, 128, 256, 300, 300]) {
      t.same(await passwords.check({ user: 'bob', password: 'wrong' }, HERE), {
        kind: 'slowedDown',
        waitSeconds: seconds
      })
      pass(seconds - 0.5)
      t.equal(await attempt('bob', 'right'), 'slowedDown', 'not even the right one is looked at')
      pass(0.5)
      t.equal(await attempt('bob', 'wrong'), 'wrong', 'then one is')
    }
    pass(300)
    t.equal(await attempt('bob', 'right'), 'user')
    t.equal(await attempt('bob', 'wrong'), 'wrong', 'and all is forgiven')
  }
)

t.test('who is no user is slowed down exactly as a user is', async t => {
  const { try: attempt } = await door(t)
  const seen = async (user: string) => {
    const kinds = []
    for (let at = 0; at < FREE_FAILURES + 2; at++) kinds.push(await attempt(user, 'wrong'))
    return kinds
  }
  t.same(await seen('eve'), await seen('bob'))
  t.same(await seen('locked'), await seen('mallory'))
})

t.test('many attempts at one time are no way around it', async t => {
  const { try: attempt } = await door(t)
  const kinds = await Promise.all(Array.from({ length: 40 }, (_, at) => attempt('bob', `guess${at}`)))
  t.equal(kinds.filter(kind => kind === 'wrong').length, FREE_FAILURES)
})

t.test(
  'other users and other addresses are not slowed down; one IPv6 network counts as one address',
  async t => {
    const { try: attempt } = await door(t)
    for (let at = 0; at <= FREE_FAILURES; at++) await attempt('bob', `wrong${at}`)
    t.equal(await attempt('bob', 'right'), 'slowedDown')
    t.equal(await attempt('eve', 'x'), 'wrong')
    t.equal(await attempt('bob', 'other', '192.0.2.2'), 'wrong')
    for (let at = 0; at < FREE_FAILURES; at++) await attempt('bob', 'wrong', `2001:db8::${at + 1}`)
    t.equal(await attempt('bob', 'right', '2001:db8:0:0:9::1'), 'slowedDown')
    t.equal(await attempt('bob', 'other', '2001:db8:0:1::1'), 'wrong')
    for (let at = 0; at < FREE_FAILURES; at++) await attempt('bob', 'wrong', '::ffff:198.51.100.1')
    t.equal(
      await attempt('bob', 'right', '198.51.100.1'),
      'slowedDown',
      'the same host in its other spelling'
    )
  }
)

t.test(
  'who was right a moment ago is not kept out by somebody who guesses from the same address',
  async t => {
    const { pass, try: attempt } = await door(t)
    t.equal(await attempt('bob', 'right'), 'user')
    for (let at = 0; at < FREE_FAILURES; at++) await attempt('bob', `wrong${at}`)
    t.equal(await attempt('bob', 'wrong'), 'slowedDown')
    t.equal(await attempt('bob', 'right'), 'user')
    pass(0.5)
    t.equal(await attempt('bob', 'right'), 'user')
  }
)

t.test('a changed file counts without a restart: another password, a removed user', async t => {
  const { file, pass, try: attempt } = await door(t)
  t.equal(await attempt('bob', 'right'), 'user')
  await writeFile(file, `bob:${await hash('newer', CHEAP)}:batchSubmitter:\n`)
  pass(2)
  t.equal(await attempt('bob', 'right'), 'wrong', 'what was remembered is forgotten')
  t.equal(await attempt('bob', 'newer'), 'user')
  await writeFile(file, '')
  pass(2)
  t.equal(await attempt('bob', 'newer'), 'wrong')
})

t.test(
  'while the file is broken or away, who was a user before still is, and the log says so once',
  async t => {
    const { file, lines, pass, try: attempt } = await door(t)
    const complaints = () => lines.filter(line => line.includes('cannot be used')).length
    await writeFile(file, 'nonsense')
    for (let round = 0; round < 3; round++) {
      pass(2)
      t.equal(await attempt('bob', 'right'), 'user')
    }
    t.equal(complaints(), 1)
    await rm(file)
    for (let round = 0; round < 3; round++) {
      pass(2)
      t.equal(await attempt('bob', 'right'), 'user')
    }
    t.equal(complaints(), 2)
    await writeFile(file, `bob:${await hash('back', CHEAP)}:batchAdmin:\n`)
    pass(2)
    t.equal(await attempt('bob', 'back'), 'user')
    t.notMatch(lines.join(''), 'argon2id')
  }
)

t.test('a file that is wrong or missing at the start is refused, saying how to mend it', async t => {
  await t.rejects(door(t, 'bob'), /cannot be used: line 1/)
  const log = pino({ level: 'silent' })
  await t.rejects(openUsersFile('/no/such/users', log, { now: () => 0 }), /batchyard user add/)
})

t.test('a file that others can read is used, with a warning', async t => {
  const directory = await mkdtemp(path.join(tmpdir(), 'batchyard-open-'))
  t.teardown(() => rm(directory, { recursive: true }))
  const file = path.join(directory, 'users')
  await writeFile(file, '', { mode: 0o644 })
  const lines: string[] = []
  await openUsersFile(file, pino({ level: 'warn' }, { write: line => void lines.push(line) }), {
    now: () => 0
  })
  t.match(lines.join(''), 'others may read or write the users file')
})
