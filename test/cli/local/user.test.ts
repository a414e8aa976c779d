// `batchyard user` as an administrator uses it: a process, its standard input, and the file it leaves.
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { readFile, stat, writeFile } from 'node:fs/promises'
import path from 'node:path'
import { text } from 'node:stream/consumers'
import { verify } from '@node-rs/argon2'
import t from 'tap'
import { parseUsersFile } from '../../../src/security/users-file.ts'

const COMMAND = new URL('../../../src/cli/local/user.ts', import.meta.url).href
const SCRIPT = `const { userCommand } = await import(${JSON.stringify(COMMAND)})
await userCommand().parseAsync(process.argv.slice(1), { from: 'user' })`

const directory = t.testdir()
const file = path.join(directory, 'users')

async function run(args: readonly string[], input = '', environment: Record<string, string> = {}) {
  const child = spawn(process.execPath, ['--input-type=module', '-e', SCRIPT, '--', ...args], {
    cwd: directory,
    env: { PATH: process.env['PATH'], BATCH_USERS_FILE: file, ...environment }
  })
  child.stdin.end(input)
  const [out, error, [code]] = await Promise.all([
    text(child.stdout),
    text(child.stderr),
    once(child, 'close')
  ])
  return { code: code as number, out, error }
}

const users = async () => parseUsersFile(await readFile(file, 'utf8'), file)

t.test('add makes the file, closed to others, with a hash and never the password', async t => {
  const { code, error } = await run(
    ['add', 'bob', '--role', 'batchSubmitter', '-g', 'ops', 'finance'],
    'long enough\n'
  )
  t.equal(code, 0, error)
  t.equal((await stat(file)).mode & 0o777, 0o600)
  const bob = (await users()).get('bob')!
  t.match(bob, { roles: ['batchSubmitter'], groups: ['ops', 'finance'], hash: /^\$argon2id\$/ })
  t.ok(await verify(bob.hash, 'long enough'))
  t.notMatch(await readFile(file, 'utf8'), 'long enough')
})

t.test('passwd, role and group change one thing each', async t => {
  await writeFile(path.join(directory, 'pw'), 'another one\nsecond line\n')
  t.equal((await run(['passwd', 'bob', '--password-file', 'pw'])).code, 0)
  t.equal((await run(['role', 'bob', 'batchMonitor', 'batchGroupAdmin'])).code, 0)
  const bob = (await users()).get('bob')!
  t.ok(await verify(bob.hash, 'another one'))
  t.match(bob, { roles: ['batchMonitor', 'batchGroupAdmin'], groups: ['ops', 'finance'] })
  t.equal((await run(['group', 'bob'])).code, 0)
  t.match((await users()).get('bob'), { roles: ['batchMonitor', 'batchGroupAdmin'], groups: [] })
})

t.test('list shows roles and groups, and no hash; remove removes', async t => {
  t.equal((await run(['add', 'eve', '--file', file], 'password of eve')).code, 0)
  const { out } = await run(['list'])
  t.equal(out, 'bob\tbatchMonitor,batchGroupAdmin\t-\neve\t-\t-\n')
  t.equal((await run(['remove', 'bob'])).code, 0)
  t.equal((await run(['list'])).out, 'eve\t-\t-\n')
})

t.test('what cannot be done is one sentence and changes nothing', async t => {
  const before = await readFile(file, 'utf8')
  const refused: Record<string, readonly [readonly string[], string?]> = {
    'a user eve already': [['add', 'eve'], 'long enough'],
    'no user nobody': [['passwd', 'nobody'], 'long enough'],
    'no role batchBoss': [['role', 'eve', 'batchBoss']],
    'no role boss': [['add', 'new', '--role', 'boss'], 'long enough'],
    'can be no user': [['add', 'a:b'], 'long enough'],
    'can be no group': [['group', 'eve', 'a:b']],
    'at least 8': [['add', 'new'], 'short'],
    'no such file': [['add', 'new', '--password-file', 'missing']],
    'no user gone': [['remove', 'gone']]
  }
  for (const [says, [args, input]] of Object.entries(refused)) {
    const { code, error } = await run(args, input)
    t.not(code, 0, says)
    t.match(error, says)
    t.equal(error.trimEnd().split('\n').length, 1, error)
  }
  t.equal(await readFile(file, 'utf8'), before)
  t.match(await run(['list'], '', { BATCH_USERS_FILE: '' }), { error: /BATCH_USERS_FILE/ })
})
