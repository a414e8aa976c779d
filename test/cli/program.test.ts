// The command line as a whole: what is mistyped ends with a sentence and the code that scripts of Liberty's client expect.
import { readdir, readFile, writeFile } from 'node:fs/promises'
import path from 'node:path'
import t from 'tap'
import { createEmptyDatabase } from '../support/database.ts'
import { run } from './cli-process.ts'

const directory = t.testdir({ full: { 'notes.txt': 'mine' } })
const batchyard = (...args: string[]) => run(t, args, { cwd: directory })

t.test('help lists the commands of this machine and those that talk to a server', async t => {
  const { code, stdout } = await batchyard('--help')
  t.equal(code, 0)
  for (const name of ['serve', 'migrate', 'init', 'test', 'user', 'submit', 'listJobs', 'purge'])
    t.match(stdout, new RegExp(`^  ${name} `, 'm'), name)
})

t.test('an unknown command or option is 21, a missing argument 20, a bad value 22', async t => {
  t.match(await batchyard('frobnicate'), {
    code: 21,
    stdout: '',
    stderr: /^error: unknown command 'frobnicate'\n/
  })
  t.match(await batchyard('serv'), { code: 21, stderr: /\(Did you mean serve\?\)/ })
  t.match(await batchyard('serve', '--port', '1'), { code: 21, stderr: /^error: unknown option '--port'\n/ })
  t.match(await batchyard('serve', 'now'), { code: 21, stderr: /^error: too many arguments for 'serve'/ })
  t.match(await batchyard('test', 'OnlyAnApplication'), {
    code: 20,
    stderr: /^error: missing required argument 'job'\n/
  })
  t.match(await batchyard('test', 'a', 'b', '--parameter'), { code: 20, stderr: /argument missing/ })
  t.match(await batchyard('test', 'a', 'b', '--recovery', 'hope'), {
    code: 22,
    stderr: /Allowed choices are fail, resume/
  })
  t.match(await batchyard(), { code: 20, stderr: /^Usage: batchyard/ })
})

t.test('init writes into a new or an empty folder, and into no other', async t => {
  t.match(await batchyard('init', 'new/My Jobs'), { code: 0, stderr: '' })
  const root = path.join(directory, 'new/My Jobs')
  const written = '.env .env.example .gitignore README.md applications package.json tsconfig.json'
  t.equal((await readdir(root)).toSorted().join(' '), written)
  t.match(JSON.parse(await readFile(path.join(root, 'package.json'), 'utf8')), {
    name: 'my-jobs',
    private: true
  })
  t.match(await batchyard('init', 'new/My Jobs'), {
    code: 1,
    stderr: /My Jobs is not empty \(.*\): name a folder/
  })
  t.match(await batchyard('init', 'full'), {
    code: 1,
    stdout: '',
    stderr: /full is not empty \(notes\.txt\): name a folder/
  })
  t.same(await readdir(path.join(directory, 'full')), ['notes.txt'])
  t.match(await batchyard('init', 'full/notes.txt'), { code: 1, stderr: /notes\.txt cannot be made: / })
})

t.test('migrate brings an empty database to the schema, and a second time does nothing', async t => {
  const environment = { BATCH_DATABASE_URL: await createEmptyDatabase(t) }
  for (const time of ['first', 'second']) {
    const done = await run(t, ['migrate'], { cwd: directory, environment })
    t.match(
      done,
      { code: 0, stdout: /^The database has the schema up to \d{3}_\w+\.sql\.\n$/, stderr: '' },
      time
    )
  }
})

t.test('settings in a file .env count, and a wrong one is named', async t => {
  await writeFile(path.join(directory, '.env'), 'BATCH_THREADS=many\n')
  const done = await run(t, ['serve'], { cwd: directory, environment: { BATCH_DATABASE_URL: '' } })
  t.match(done, {
    code: 1,
    stdout: '',
    stderr: /^The configuration cannot be used:\n {2}- BATCH_THREADS: many is no whole number/
  })
})
