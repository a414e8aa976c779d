import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { chmod, mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import t, { type Test } from 'tap'

const DEMO = fileURLToPath(new URL('../../demo/demo.ts', import.meta.url))

interface Demo {
  readonly dataDir: string
  readonly output: () => string
  readonly stop: () => void
  /** The exit code. */
  readonly ended: Promise<number | null>
  /** Resolves once the output has the text. */
  readonly says: (text: string) => Promise<void>
}

async function runDemo(
  t: Test,
  args: readonly string[] = [],
  settings: Record<string, string> = {}
): Promise<Demo> {
  const dataDir = await mkdtemp(join(tmpdir(), 'batchyard-demo-'))
  // When root runs the tests, the database's own user must be able to enter, or it keeps its data elsewhere.
  await chmod(dataDir, 0o755)
  const child = spawn(process.execPath, [DEMO, ...args], {
    env: { ...process.env, BATCH_DATA_DIR: dataDir, ...settings },
    stdio: ['ignore', 'pipe', 'pipe']
  })
  let output = ''
  const waiting = new Set<() => void>()
  for (const stream of [child.stdout, child.stderr])
    stream.setEncoding('utf8').on('data', (text: string) => {
      output += text
      waiting.forEach(look => look())
    })
  const ended = once(child, 'close').then(([code]) => code as number | null)
  t.teardown(async () => {
    child.kill('SIGTERM')
    await ended
    await rm(dataDir, { recursive: true, force: true })
  })
  return {
    dataDir,
    output: () => output,
    stop: () => child.kill('SIGINT'),
    ended,
    says: text =>
      new Promise((resolve, reject) => {
        const look = () => (output.includes(text) ? resolve() : undefined)
        waiting.add(look)
        look()
        void ended.then(() => reject(new Error(`the demo ended without saying ${text}:\n${output}`)))
      })
  }
}

function isAlive(pid: number): boolean {
  try {
    return process.kill(pid, 0)
  } catch {
    // ESRCH: there is no such process
    return false
  }
}

const serverPid = (demo: Demo) => Number(/\(process (\d+),/.exec(demo.output())?.[1])

t.test('the demo runs the job, shows its rows and leaves no server behind', async t => {
  const demo = await runDemo(t)
  t.equal(await demo.ended, 0, demo.output())
  t.match(demo.output(), /Job execution \d+ is COMPLETED, exit status ENOUGH/)
  t.match(demo.output(), /load +COMPLETED +10000 +9171 +\d+ +814 +15/)
  t.match(demo.output(), /Rows of this run in bird_strikes\.strike: 9171/)
  t.match(demo.output(), /Texas +1492/)
  t.match(demo.output(), /curl -X PUT '.*\?action=restart'/)
  const report = /report +COMPLETED.* (\/\S+\.md)$/m.exec(demo.output())?.[1]
  t.match(await readFile(report!, 'utf8'), /9171 strikes in 29 states/)
  t.notOk(isAlive(serverPid(demo)))
})

t.test('a job that fails makes the demo fail and say why', async t => {
  const demo = await runDemo(t, ['--param', 'minimum.strikes=1000000'])
  t.equal(await demo.ended, 1, demo.output())
  t.match(demo.output(), /is FAILED, exit status TOO FEW STRIKES/)
  t.match(demo.output(), /Not COMPLETED, because:/)
  t.notOk(isAlive(serverPid(demo)))
})

t.test('with --keep the server stays until Ctrl-C and ends with the demo', async t => {
  const demo = await runDemo(t, ['--keep'])
  await demo.says('The server stays up')
  t.ok(isAlive(serverPid(demo)))
  demo.stop()
  t.equal(await demo.ended, 0, demo.output())
  t.notOk(isAlive(serverPid(demo)))
})

t.test('Ctrl-C while the job runs ends the server too', async t => {
  const demo = await runDemo(t, ['--param', 'slow.millis=20'])
  await demo.says('Submitted: job instance')
  demo.stop()
  t.equal(await demo.ended, 1, demo.output())
  t.notOk(isAlive(serverPid(demo)))
})

t.test('a server that does not come up ends the demo at once, with what it said', async t => {
  const begin = performance.now()
  const demo = await runDemo(t, [], { BATCH_DATABASE_URL: 'postgres://nobody:x@127.0.0.1:1/none' })
  t.equal(await demo.ended, 1, demo.output())
  t.match(demo.output(), /The demo failed: the server ended .*\n.*ECONNREFUSED 127\.0\.0\.1:1/)
  t.ok(performance.now() - begin < 60_000, 'it does not wait until a server could have been ready')
})
