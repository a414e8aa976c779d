// Executor processes die in ways a thread cannot, and must not outlive their server.
import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { watch } from 'node:fs'
import { join } from 'node:path'
import t from 'tap'
import { handlersOf, logOf, orderFor, threadOf } from './quirky-thread.ts'

/** Resolves with the process id that the batchlet of unit 1 wrote into its log. */
async function processIDIn(root: string, unitId: number): Promise<number> {
  for (const end = Date.now() + 20_000; Date.now() < end;) {
    try {
      const told = /pid (\d+)/.exec(logOf(root, unitId))
      if (told) return Number(told[1])
    } catch {
      // No log yet.
    }
    await changeIn(root)
  }
  throw new Error('the batchlet told no process id')
}

function changeIn(directory: string): Promise<void> {
  return new Promise(resolve => {
    const done = () => {
      watcher.close()
      clearTimeout(timer)
      resolve()
    }
    const watcher = watch(directory, { recursive: true }, done)
    // oxlint-disable-next-line no-restricted-globals -- the longest it waits for the event
    const timer = setTimeout(done, 50)
  })
}

async function isGone(pid: number): Promise<boolean> {
  for (const end = Date.now() + 20_000; Date.now() < end;) {
    try {
      process.kill(pid, 0)
    } catch {
      return true
    }
    // oxlint-disable-next-line no-restricted-globals -- between two looks: the end of a stranger's process is no event
    await new Promise(resolve => setTimeout(resolve, 50))
  }
  return false
}

t.test('a process that is killed crashes its unit, naming the signal', async t => {
  const { thread, root } = await threadOf(t, 'process')
  const order = orderFor(root, 'printingProcessID')
  const running = thread.run(order, handlersOf())
  process.kill(await processIDIn(root, order.unitId), 'SIGKILL')
  t.same(await running, { kind: 'crashed', reason: 'its process was ended by SIGKILL' })
})

t.test('process.abort crashes the unit', async t => {
  const { thread, root } = await threadOf(t, 'process')
  t.match(await thread.run(orderFor(root, 'aborting'), handlersOf()), {
    kind: 'crashed',
    reason: 'its process was ended by SIGABRT'
  })
})

for (const ref of ['printingProcessID', 'loopingAfterTellingProcessID']) {
  t.test(`the process ends when its server is killed while ${ref} is at work`, async t => {
    const root = t.testdir()
    const script = join(import.meta.dirname, '../support/quirky-server.ts')
    const server: ChildProcess = spawn(process.execPath, [script, root, ref], { stdio: 'ignore' })
    const pid = await processIDIn(root, 1)
    server.kill('SIGKILL')
    await once(server, 'exit')
    t.ok(await isGone(pid))
  })
}
