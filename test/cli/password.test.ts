// How a command gets to know the password, and that nobody else does.
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import t from 'tap'
import { run, startOnTerminal } from './cli-process.ts'
import { httpStandIn, json } from './http-stand-in.ts'

const directory = await mkdtemp(path.join(tmpdir(), 'batchyard-password-'))
t.teardown(() => rm(directory, { recursive: true, force: true }))
const server = await httpStandIn(t, (_, response) => json(response, []))
const LIST = ['listJobs', `--batchManager=${server.url}`]

function lastLogin(): string | null {
  const header = server.asked.at(-1)!.headers.authorization
  return header === undefined ? null : Buffer.from(header.replace('Basic ', ''), 'base64').toString('utf8')
}

t.test('without --user nothing is sent, as to a server without users', async t => {
  t.equal((await run(t, LIST)).code, 0)
  t.equal(lastLogin(), null)
})

t.test('a password may hold colons and letters of any language', async t => {
  t.equal((await run(t, [...LIST, '--user=bob', '--password=a:ü한'])).code, 0)
  t.equal(lastLogin(), 'bob:a:ü한')
})

t.test('the first line of --passwordFile is the password', async t => {
  const file = path.join(directory, 'password')
  await writeFile(file, 'secret word\r\nsomething else\n')
  t.equal((await run(t, [...LIST, '--user=bob', `--passwordFile=${file}`])).code, 0)
  t.equal(lastLogin(), 'bob:secret word')
  await writeFile(file, '')
  t.equal((await run(t, [...LIST, '--user=bob', `--passwordFile=${file}`])).code, 255)
})

t.test('on a terminal it is asked for, and what is typed is not shown', async t => {
  for (const option of ['--user=bob', '--password']) {
    const asking = startOnTerminal(t, [...LIST, ...new Set(['--user=bob', option])])
    await asking.says(/Password of bob: /)
    asking.child.stdin!.write('secrets\u007f\r')
    const { code, stdout } = await asking.finished
    t.equal(code, 0)
    t.equal(lastLogin(), 'bob:secret')
    t.notMatch(stdout, /secret/)
  }
})

t.test('a name with a colon and a password without a name are refused before anything is sent', async t => {
  const before = server.asked.length
  t.equal((await run(t, [...LIST, '--user=bob:x', '--password=p'])).code, 22)
  t.equal((await run(t, [...LIST, '--password=p'])).code, 20)
  t.equal(server.asked.length, before)
})
