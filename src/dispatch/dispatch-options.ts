// What the dispatcher is made of: handed over by the composition root, shared by the files of this room.
import type { InstalledApplications } from '../applications/installed-applications.ts'
import type { ThreadSettings } from '../executor/thread/messages.ts'
import type { HostOptions } from '../executor/thread-host.ts'
import type { JobLogSpaces } from '../joblog/job-log-spaces.ts'
import type { Database, SessionOptions } from '../store/database.ts'
import type { ServerRole } from '../store/incarnations.ts'
import type { JobXMLStore } from '../store/job-xml.ts'
import type { DispatchCounters } from './dispatch-counters.ts'

export interface DispatchLog {
  debug(facts: object, message: string): void
  info(facts: object, message: string): void
  warn(facts: object, message: string): void
  error(facts: object, message: string): void
}

export interface RunnableApplication {
  readonly name: string
  readonly directory: string
  /** Changes when its code does: threads of an older version are replaced. */
  readonly version: string
}

export interface DispatchOptions {
  readonly db: Database
  /** For the statements of every launch: claims, starts and ends. */
  readonly launchDb: Database
  /** Another pool, of one connection: proof of life must not wait behind work (ENGINE E6). */
  readonly lifeDb: Database
  /** Named after the incarnation; for LISTEN and for the threads' chunks. */
  readonly session: SessionOptions
  readonly jobXMLs: JobXMLStore
  /** What this server runs; read again at each claim, so that new ones are found. */
  readonly installed: Pick<InstalledApplications, 'applications' | 'runnable' | 'operationGroups'>
  /** BATCH_SERVER_CAPS: limits by `job:…` and `application:…`. */
  readonly serverCaps: Readonly<Record<string, number>>
  readonly server: {
    readonly role: ServerRole
    readonly incarnation: string
    readonly serverId: string
    /** Where it listens; known once it does. */
    address(): string
    /** `http://host:port/ibm/api/batch`, known once it listens. */
    restUrl(): string
  }
  readonly threads: number
  readonly maxThreads: number
  readonly host: HostOptions
  readonly jobLog: Pick<ThreadSettings, 'jobLogRoot' | 'jobLogLimits'>
  readonly logSpaces: JobLogSpaces
  /** What the built-in artifacts of all applications may reach. */
  readonly builtIn: ThreadSettings['builtIn']
  /** What is in the names of parameters that job logs mask. */
  readonly secretWords: readonly string[]
  readonly timeZone: string
  /** `#{systemProperties['…']}` of JSL packaged with an application; inline JSL gets none. */
  readonly systemProperties: Readonly<Record<string, string>>
  readonly leaseSeconds: number
  /** BATCH_RECOVERY. */
  readonly recovery: 'fail' | 'resume'
  /** BATCH_CRASH_BUDGET. */
  readonly crashBudget: number
  readonly stopGraceSeconds: number
  /** Does a task of the server's own batches for a run of theirs; a sentence for its log. */
  systemTask(instanceId: number, task: Readonly<Record<string, string>>): Promise<string>
  readonly log: DispatchLog
  readonly counters: DispatchCounters
  /** This server was declared dead by another: its threads are ended, the process must go. */
  onDead(): void
}
