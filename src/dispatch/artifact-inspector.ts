// Which artifacts an application exports, asked of a thread that loads its code: the server itself must never run it.
import type { ArtifactNames } from '../applications/artifact-names.ts'
import { ExecutionThread } from '../executor/execution-thread.ts'
import type { DispatchOptions, RunnableApplication } from './dispatch-options.ts'

/** Code that is not loaded by then never will be. */
const PATIENCE_MS = 10_000
/** How long a failure is believed. */
const RETRY_MS = 30_000

export interface ArtifactInspector {
  /** Remembered for each version of the application. Rejects with the reason when its code cannot be loaded. */
  namesOf(application: RunnableApplication): Promise<ArtifactNames>
  /** Ends what is being asked. */
  close(): Promise<void>
}

interface Known {
  readonly version: string
  readonly names: Promise<ArtifactNames>
}

export function createArtifactInspector(
  options: Pick<DispatchOptions, 'builtIn' | 'host' | 'jobLog'>,
  patienceMs = PATIENCE_MS
): ArtifactInspector {
  const known = new Map<string, Known>()
  let last: Promise<unknown> = Promise.resolve()
  let asked: ExecutionThread | null = null
  let closed = false

  async function ask({ name, directory }: RunnableApplication): Promise<ArtifactNames> {
    if (closed) throw new Error('the server is shutting down')
    const thread = new ExecutionThread({
      ...options.host,
      settings: {
        ...options.jobLog,
        builtIn: options.builtIn,
        application: { name, directory },
        database: null
      }
    })
    asked = thread
    const late = setTimeout(
      () => void thread.end(`its code was not loaded within ${patienceMs / 1000} s`),
      patienceMs
    )
    try {
      await thread.start()
      return await thread.artifacts
    } finally {
      clearTimeout(late)
      asked = null
      await thread.end('it has answered')
    }
  }

  return {
    namesOf(application) {
      const before = known.get(application.name)
      if (before?.version === application.version) return before.names
      // One after another: many applications must not be many threads at once.
      const names = last.then(() => ask(application))
      const answer = { version: application.version, names }
      known.set(application.name, answer)
      last = names.catch(() => {
        // What it lacks may be installed without a change of its own code.
        setTimeout(
          () => known.get(application.name) === answer && known.delete(application.name),
          RETRY_MS
        ).unref()
      })
      return names
    },
    async close() {
      closed = true
      await asked?.end('the server is shutting down')
      await last
    }
  }
}
