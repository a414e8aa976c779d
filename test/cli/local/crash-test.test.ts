// `batchyard test` as an author of jobs runs it: on samples that stand a crash, and on a job that does not.
import { existsSync } from 'node:fs'
import { readdir, readFile, writeFile } from 'node:fs/promises'
import path from 'node:path'
import t from 'tap'
import { testPostgresUrl } from '../../support/test-postgres.ts'
import { run } from '../cli-process.ts'

const ROOT = path.resolve(import.meta.dirname, '../../..')
const APPENDING = path.join(ROOT, 'test/support/applications/appending')
const SAMPLES = path.join(ROOT, 'jsl-samples')
const KILL = '--kill-at-every-checkpoint'
const RESUME = ['--recovery', 'resume', '--max-kills', '1', '--seed', '1']

const directory = t.testdir({ tmp: {} })
const url = await testPostgresUrl()
const crashTest = (...args: string[]) =>
  run(t, ['test', ...args], {
    cwd: directory,
    environment: { BATCH_DATABASE_URL: url, TMPDIR: path.join(directory, 'tmp') }
  })

t.test('a job whose writer appends to a file without a way back is found out, line by line', async t => {
  const output = ['--parameter', 'writer=carelessWriter', '--parameter', 'file={output}/numbers.txt']
  const { code, stdout } = await crashTest(APPENDING, 'append', KILL, ...output)
  t.equal(code, 1)
  t.match(stdout, /^undisturbed: COMPLETED, 3 checkpoints, /)
  t.match(
    stdout,
    /killed before the first checkpoint: DIFFERENT, COMPLETED, .* s\n {4}file \{output\}\/numbers\.txt: 37 bytes, SHA-256 /
  )
  t.match(stdout, /killed after checkpoint 1 of 3: DIFFERENT/)
  t.match(stdout, /killed after checkpoint 2 of 3: DIFFERENT/)
  t.match(stdout, /killed after checkpoint 3 of 3: same/)
  t.match(stdout, /^4 kills: 1 the same, 3 different$/m)
})

t.test(
  'a writer that goes back to its checkpoint is the same after every kill, also when its job resumes',
  async t => {
    const file = path.join(directory, 'numbers.txt')
    const output = ['--parameter', 'writer=CarefulWriter', '--parameter', `file=${file}`, '--output', file]
    const { code, stdout, stderr } = await crashTest(APPENDING, 'append', KILL, ...output, ...RESUME)
    t.equal(code, 0, stdout + stderr)
    t.match(stdout, /^1 kill, chosen with --seed 1: 1 the same, 0 different$/m)
    t.notOk(existsSync(file), 'what the job wrote is removed at the end')
  }
)

t.test('what a chunk writes to the database is there once, wherever a sample is killed', async t => {
  const chosen = ['--parameter', 'item.count=2500', '--max-kills', '1', '--seed', '4']
  const strikes = ['--compare-sql', 'select record, state, cost from bird_strikes.strike']
  const summary = ['--compare-sql', 'select * from bird_strikes.state_summary;']
  const application = path.join(SAMPLES, 'BirdStrikes')
  const { code, stdout, stderr } = await crashTest(
    application,
    'birdstrikes',
    KILL,
    ...chosen,
    ...strikes,
    ...summary
  )
  t.equal(code, 0, stdout + stderr)
  t.match(stdout, /^1 kill, chosen with --seed 4: 1 the same, 0 different$/m)
})

t.test('an output that exists already is refused and stays as it is', async t => {
  const file = path.join(directory, 'precious.txt')
  await writeFile(file, 'mine')
  const { code, stdout, stderr } = await crashTest(APPENDING, 'append', KILL, '--output', 'precious.txt')
  t.equal(code, 1)
  t.equal(stdout, '')
  t.equal(
    stderr,
    `--output ${file} exists already. Outputs are removed before each run, so move it away first.\n`
  )
  t.equal(await readFile(file, 'utf8'), 'mine')
})

t.test('a job that fails by itself is not killed, and its reason is shown', async t => {
  const { code, stdout } = await crashTest(APPENDING, 'failing', KILL)
  t.equal(code, 1)
  t.match(stdout, /^undisturbed: FAILED, 0 checkpoints, .*\n {4}step only: Error: this job fails by itself\n/)
})

t.test(
  'a command before each run has the database of that run, and one that fails ends the test',
  async t => {
    const good = `node -e "console.log(new URL(process.env.BATCH_DATABASE_URL).pathname)"`
    const job = [path.join(SAMPLES, 'SimpleBatchJob'), 'test_noop']
    const { code, stdout } = await crashTest(...job, '--prepare', good)
    t.equal(code, 0)
    t.match(stdout, /^\/batchyard_crash_test_[0-9a-f]+_1\n/)
    t.match(await crashTest(...job, '--prepare', 'exit 3'), {
      code: 1,
      stderr: '--prepare "exit 3" ended with exit code 3.\n'
    })
  }
)

t.test('a mistyped query, parameter, number, application or job is one sentence', async t => {
  const noop = [path.join(SAMPLES, 'SimpleBatchJob'), 'test_noop']
  t.match(await crashTest(...noop, '--compare-sql', 'select * from nowhere'), {
    code: 1,
    stderr: /^--compare-sql "select \* from nowhere": relation "nowhere" does not exist\n$/
  })
  t.match(await crashTest(...noop, '--parameter', 'x'), {
    code: 22,
    stderr: /^--parameter x: name=value is expected\.\n$/
  })
  t.match(await crashTest(...noop, '--max-kills', '-1'), { code: 22, stderr: /A whole number is expected/ })
  t.match(await crashTest('NoSuchApplication', 'job'), {
    code: 1,
    stderr: /^The server refuses POST \/jobinstances \(400\): .*NoSuchApplication/
  })
  t.match(await crashTest(noop[0]!, 'no_such_job'), { code: 1, stderr: /no_such_job/ })
})

t.test('nothing is left in the folder of temporary files', async t => {
  t.same(await readdir(path.join(directory, 'tmp')), [])
})
