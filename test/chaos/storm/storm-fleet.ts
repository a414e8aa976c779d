// The servers of a storm: started, started again whenever they end (as `restart: unless-stopped` does), and asked over HTTP.
import path from 'node:path'
import { lasting } from '../../support/chaos.ts'
import type { Teardown } from '../../support/database.ts'
import { type Ended, type ServerProcess, spawnServer } from '../../support/server-process.ts'

export interface StormServer {
  readonly name: string
  /** The process of now; `null` while there is none. */
  readonly process: ServerProcess | null
  readonly incarnation: string
  /** Takes requests, as far as is known. */
  readonly up: boolean
  /** Something is being done to it; how it ends is for who does it to judge. */
  busy: boolean
  /** Starts a process, again and again until one is ready. */
  start(): Promise<void>
}

export interface Fleet {
  readonly servers: readonly StormServer[]
  /** All that all processes of all servers have printed. */
  log(): string
  /** Ends of processes that nothing explains. */
  readonly unforeseen: readonly string[]
  /** Processes that ended because they were declared dead, and nobody had stopped or cut them off: the machine had no time for them. */
  readonly starved: number
  /** Starts of a server that ended before it was ready: PostgreSQL was away. */
  readonly startsInVain: number
  /** From a server that answers, asked anew until one does with a status below 500. */
  ask(method: string, urlPath: string, body: object, headers?: Record<string, string>): Promise<Answer>
  /** From now on nothing is started again. */
  retire(): void
}

export interface Answer {
  readonly status: number
  readonly json: unknown
}

const STARTED_WITHIN_MS = 240_000
const ANSWERED_WITHIN_MS = 4000

export interface FleetOptions {
  readonly directory: string
  /** The database's, by server: some may go through a proxy. */
  readonly urls: Readonly<Record<string, string>>
  readonly environment: Readonly<Record<string, string>>
}

export function createFleet(t: Teardown, options: FleetOptions): Fleet {
  const unforeseen: string[] = []
  const state = { retired: false, startsInVain: 0, starved: 0, next: 0 }
  const processes: ServerProcess[] = []
  const servers = Object.entries(options.urls).map(([name, url]) => {
    const server = {
      name,
      process: null as ServerProcess | null,
      incarnation: '',
      up: false,
      busy: false,
      async start() {
        for (const began = performance.now(); ;) {
          const started = spawn(name, url)
          try {
            await started.ready()
            server.process = started
            server.incarnation = /"incarnation":"([^"]+)"[^\n]*"msg":"ready"/.exec(started.log())![1]!
            server.up = true
            break
          } catch (error) {
            // PostgreSQL is away, or its own predecessor is still connected.
            if (state.retired || performance.now() - began > STARTED_WITHIN_MS) throw error
            state.startsInVain++
            started.kill('SIGKILL')
            await started.ended
            await lasting(200)
          }
        }
        const { process } = server
        void process.ended.then(end => againUnlessStopped(server, process, end))
      }
    }
    return server
  })

  const spawn = (name: string, url: string) => {
    const started = spawnServer(
      t,
      { directory: options.directory, database: { url } },
      {
        BATCH_SERVER_ID: name,
        BATCH_DATA_DIR: path.join(options.directory, name),
        BATCH_APPS_DIR: path.join(import.meta.dirname, '../../support/applications'),
        ...options.environment
      }
    )
    processes.push(started)
    return started
  }

  const againUnlessStopped = async (server: (typeof servers)[number], process: ServerProcess, end: Ended) => {
    if (server.process !== process) return
    server.up = false
    server.process = null
    if (server.busy || state.retired) return
    if (/declared this one dead/.test(process.log())) state.starved++
    else unforeseen.push(`${server.name} ended with ${end.code ?? end.signal}: ${process.log().slice(-2000)}`)
    server.busy = true
    await server.start().catch((error: unknown) => unforeseen.push(String(error)))
    server.busy = false
  }

  return {
    servers,
    unforeseen,
    log: () => processes.map(process => process.log()).join('\n'),
    get starved() {
      return state.starved
    },
    get startsInVain() {
      return state.startsInVain
    },
    async ask(method, urlPath, body, headers = {}) {
      for (;;) {
        const server = servers[state.next++ % servers.length]!
        const url = server.up ? server.process?.url : undefined
        const answer = url === undefined ? null : await once(`${url}${urlPath}`, method, body, headers)
        if (answer !== null && answer.status < 500) return answer
        await lasting(50)
      }
    },
    retire() {
      state.retired = true
    }
  }
}

/** `null`: it did not answer. */
async function once(
  url: string,
  method: string,
  body: object,
  headers: Record<string, string>
): Promise<Answer | null> {
  try {
    const answer = await fetch(url, {
      method,
      headers: { 'content-type': 'application/json', ...headers },
      body: JSON.stringify(body),
      signal: AbortSignal.timeout(ANSWERED_WITHIN_MS)
    })
    return { status: answer.status, json: await answer.json() }
  } catch {
    // It was killed, stands still, or was cut off: the next one is asked.
    return null
  }
}
