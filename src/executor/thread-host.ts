// The server's end of an executor thread: a worker thread or a child process, started, talked to and ended in one way.
import { fork } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import type { Duplex } from 'node:stream'
import { Worker } from 'node:worker_threads'
import type { SpaceAnswers } from './space-answers.ts'
import { SPACE_DESCRIPTOR } from './thread/asked-space.ts'
import { type Channel, PROCESS_MARK } from './thread/channel.ts'
import type { FromThread, ToThread } from './thread/messages.ts'

/** BATCH_ISOLATION. */
export type Isolation = 'thread' | 'process'

export interface HostOptions {
  readonly isolation: Isolation
  /** BATCH_THREAD_HEAP_MB. */
  readonly heapMB: number
  /** All that job code finds in process.env: never the server's own environment, it holds the database's password. */
  readonly environment: Readonly<Record<string, string>>
  /** A folder of the server's own for compiled sources; without it a thread takes 150 ms to start instead of 50. */
  readonly compileCache: string | null
  /** What is printed outside of units, and by Node itself as it dies. */
  readonly output: (text: string) => void
}

export interface ThreadHost extends Channel<FromThread, ToThread> {
  /** Resolves once, when the thread is gone, with a sentence that says how. */
  readonly gone: Promise<string>
  /** Who answers a child process that asks for space for its job log; threads look for themselves. */
  answerWith(answers: SpaceAnswers): void
  /** Ends the thread at once, whatever it does. */
  kill(): void
}

// The published package has JavaScript beside this file.
const EXTENSION = import.meta.url.endsWith('.ts') ? 'ts' : 'js'
const ENTRY = new URL(`./thread/main.${EXTENSION}`, import.meta.url)
const TAIL = 4096

/** Node 22.12 to 22.17 strip types only when told to; without this `artifacts.ts` would be an unknown kind of file there. */
const STRIP_TYPES: readonly string[] =
  process.features.typescript === false
    ? ['--experimental-strip-types', '--disable-warning=ExperimentalWarning']
    : []

export function startHost(options: HostOptions): ThreadHost {
  return options.isolation === 'thread' ? workerHost(options) : processHost(options)
}

function environmentOf({ environment, compileCache }: HostOptions): Record<string, string> {
  return compileCache === null ? { ...environment } : { ...environment, NODE_COMPILE_CACHE: compileCache }
}

function workerHost(options: HostOptions): ThreadHost {
  const { heapMB, output } = options
  const worker = new Worker(ENTRY, {
    env: environmentOf(options),
    // Flags and loaders of the server's own process (inspector, test runner) are not job code's.
    execArgv: [...STRIP_TYPES],
    stdout: true,
    stderr: true,
    resourceLimits: { maxOldGenerationSizeMb: heapMB }
  })
  for (const stream of [worker.stdout, worker.stderr]) stream.setEncoding('utf8').on('data', output)
  let fault: Error | null = null
  worker.on('error', (error: Error) => (fault = error))
  return {
    post: message => worker.postMessage(message),
    listen: listener => worker.on('message', listener),
    answerWith() {},
    gone: new Promise(resolve =>
      worker.once('exit', code => {
        if (!fault) return resolve(`its thread ended with exit code ${code}`)
        const { code: errorCode } = fault as NodeJS.ErrnoException
        resolve(
          errorCode === 'ERR_WORKER_OUT_OF_MEMORY'
            ? heapExhausted(heapMB)
            : `its thread ended: ${String(fault)}`
        )
      })
    ),
    kill: () => void worker.terminate()
  }
}

function processHost(options: HostOptions): ThreadHost {
  const { heapMB, output } = options
  const child = fork(fileURLToPath(ENTRY), [PROCESS_MARK], {
    env: environmentOf(options),
    execArgv: [...STRIP_TYPES, `--max-old-space-size=${heapMB}`],
    serialization: 'advanced',
    stdio: ['ignore', 'pipe', 'pipe', 'ipc', 'pipe']
  })
  let tail = ''
  for (const stream of [child.stdout, child.stderr]) {
    stream?.setEncoding('utf8').on('data', (text: string) => {
      tail = (tail + text).slice(-TAIL)
      output(text)
    })
  }
  return {
    // Throws for what cannot be cloned; a channel that is closed already is told by `gone`.
    post: message => void (child.connected && child.send(message, () => {})),
    listen: listener => child.on('message', message => listener(message as FromThread)),
    answerWith: answers => answer(child.stdio[SPACE_DESCRIPTOR] as Duplex, answers),
    gone: new Promise(resolve => {
      child.once('error', error => resolve(`its process could not be used: ${error.message}`))
      // `close`, not `exit`: the last words on stderr and the last messages are read by then.
      child.once('close', (code, signal) => {
        if (/heap out of memory|heap limit/i.test(tail)) resolve(heapExhausted(heapMB))
        else
          resolve(signal ? `its process was ended by ${signal}` : `its process ended with exit code ${code}`)
      })
    }),
    kill: () => void child.kill('SIGKILL')
  }
}

/** Longest request; what is longer is none of ours. */
const LONGEST_REQUEST = 1024

function answer(pipe: Duplex, answers: SpaceAnswers): void {
  let rest = ''
  // It ends with the process, however that ends.
  pipe.on('error', () => {})
  pipe.setEncoding('utf8').on('data', (text: string) => {
    const lines = (rest + text).split('\n')
    rest = lines.pop()!.slice(0, LONGEST_REQUEST)
    for (const line of lines) pipe.write(`${answers(line)}\n`)
  })
}

function heapExhausted(heapMB: number): string {
  return `job code needed more than the ${heapMB} MB of heap that a thread may use (BATCH_THREAD_HEAP_MB)`
}
