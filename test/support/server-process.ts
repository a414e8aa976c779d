// A server as an operator gets it: a process of its own, on a database of the test, reached by HTTP and by signals only.
import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, realpath, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { BROKEN, contractBroken } from './contract.ts'
import { createDatabase, type Teardown, type TestDatabase } from './database.ts'

const ROOT = path.resolve(import.meta.dirname, '../..')

/** Loaded into the server, which then looks at its own replies. */
const CONTRACT = path.join(import.meta.dirname, 'contract.ts')

/** A start takes a second alone, and half a minute on a machine that does thirty other things. */
const PATIENCE_MS = 150_000

export interface Ended {
  readonly code: number | null
  readonly signal: NodeJS.Signals | null
}

export interface ServerProcess {
  /** `http://127.0.0.1:<port>`; known once it listens. */
  readonly url: string
  readonly pid: number
  /** All it printed so far, on both streams. */
  log(): string
  /** Resolves once it printed what matches; rejects when it ends before. */
  says(pattern: RegExp): Promise<RegExpExecArray>
  /** Resolves when /readyz is 200. */
  ready(): Promise<void>
  kill(signal: NodeJS.Signals): void
  readonly ended: Promise<Ended>
  /** SIGTERM, and how it ended. Safe twice. */
  stop(): Promise<Ended>
}

/** What the servers of one test share. */
export interface ServerPlace {
  readonly database: TestDatabase
  /** Data and job logs; removed at the end. */
  readonly directory: string
}

export async function serverPlace(t: Teardown): Promise<ServerPlace> {
  const directory = await realpath(await mkdtemp(path.join(tmpdir(), 'batchyard-server-')))
  t.teardown(() => rm(directory, { recursive: true, force: true, maxRetries: 5 }))
  return { database: await createDatabase(t), directory }
}

/** Without waiting for it; `environment` adds settings or overrides them, `preloads` are modules it loads first. */
export function spawnServer(
  t: Teardown,
  place: Pick<ServerPlace, 'directory'> & { readonly database: { readonly url: string } },
  environment: Readonly<Record<string, string>> = {},
  preloads: readonly string[] = []
): ServerProcess {
  const inherited = Object.entries(process.env).filter(([name]) => !/^(BATCH_|NODE_|TAP)/.test(name))
  const imports = [CONTRACT, ...preloads].flatMap(module => ['--import', module])
  const child = spawn(process.execPath, [...imports, path.join(ROOT, 'src/main.ts')], {
    cwd: place.directory,
    env: {
      ...Object.fromEntries(inherited),
      // One for all servers of the run: without it each compiles all of itself and of its threads.
      NODE_COMPILE_CACHE: process.env.NODE_COMPILE_CACHE ?? '',
      BATCH_PORT: '0',
      BATCH_DATABASE_URL: place.database.url,
      BATCH_DATA_DIR: path.join(place.directory, 'data'),
      BATCH_JOBLOG_DIR: path.join(place.directory, 'joblogs'),
      BATCH_APPS_DIR: path.join(ROOT, 'jsl-samples'),
      BATCH_TIME_ZONE: 'UTC',
      BATCH_SHUTDOWN_SECONDS: '10',
      BATCH_THREADS: '4',
      ...environment
    },
    stdio: ['ignore', 'pipe', 'pipe']
  })
  const server = serverOf(child)
  t.teardown(async () => {
    child.kill('SIGKILL')
    await server.ended
  })
  return server
}

/** A server that is ready. */
export async function startServer(
  t: Teardown,
  place: ServerPlace,
  environment: Readonly<Record<string, string>> = {},
  preloads: readonly string[] = []
): Promise<ServerProcess> {
  const server = spawnServer(t, place, environment, preloads)
  await server.ready()
  return server
}

function serverOf(child: ChildProcess): ServerProcess {
  let output = ''
  const looks = new Set<() => void>()
  for (const stream of [child.stdout!, child.stderr!])
    stream.setEncoding('utf8').on('data', (text: string) => {
      output += text
      for (const look of looks) look()
    })
  const ended = once(child, 'close').then(
    ([code, signal]) => ({ code, signal }) as { code: number | null; signal: NodeJS.Signals | null }
  )
  void ended.then(() => {
    for (const line of output.split('\n'))
      if (line.startsWith(BROKEN)) contractBroken(line.slice(BROKEN.length))
  })
  let url = ''
  const says = async (pattern: RegExp) => {
    const found = Promise.withResolvers<RegExpExecArray>()
    const look = () => {
      const match = pattern.exec(output)
      if (match !== null) found.resolve(match)
    }
    looks.add(look)
    look()
    const late = setTimeout(
      () => found.reject(new Error(`the server did not say ${pattern}:\n${output}`)),
      PATIENCE_MS
    )
    void ended.then(end =>
      found.reject(
        new Error(`the server ended (${JSON.stringify(end)}) without saying ${pattern}:\n${output}`)
      )
    )
    try {
      return await found.promise
    } finally {
      clearTimeout(late)
      looks.delete(look)
    }
  }
  return {
    get url() {
      return url
    },
    pid: child.pid!,
    log: () => output,
    says,
    async ready() {
      url = (await says(/Server listening at (http:\/\/[^"\s]+)/))[1]!
      await says(/"msg":"ready"/)
      const answer = await fetch(`${url}/readyz`)
      if (answer.status !== 200) throw new Error(`/readyz: ${answer.status} ${await answer.text()}`)
    },
    kill: signal => void child.kill(signal),
    ended,
    async stop() {
      child.kill('SIGTERM')
      const late = delay(PATIENCE_MS, null, { ref: false })
      const end = await Promise.race([ended, late])
      if (end !== null) return end
      throw new Error(`the server did not end after SIGTERM:\n${output}`)
    }
  }
}
