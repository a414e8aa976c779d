// What the operator is made of: handed over by the composition root, shared by the files of this room.
import type { VersionedApplication } from '../applications/application-catalogue.ts'
import type { ArtifactNames } from '../applications/artifact-names.ts'
import type { InstalledApplications } from '../applications/installed-applications.ts'
import type { Database } from '../store/database.ts'
import type { JobXMLStore } from '../store/job-xml.ts'
import type { Seat } from '../store/submissions.ts'
import type { CheckJsl } from './check-jsl.ts'
import type { KnownApplications } from './known-applications.ts'

export interface OperatorOptions {
  readonly db: Database
  /** For submits. */
  readonly launchDb: Database
  /** Without a time limit for statements. */
  readonly longDb: Database
  readonly jobXMLs: JobXMLStore
  readonly checkJsl: CheckJsl
  /** Of all servers that live. */
  readonly known: KnownApplications
  /** What this server runs. */
  readonly installed: InstalledApplications
  /** Rejects with the reason when its code cannot be loaded. */
  artifactNames(application: VersionedApplication): Promise<ArtifactNames>
  readonly systemProperties: Readonly<Record<string, string>>
  readonly statementTimeoutSeconds: number
  /** BATCH_CAPS: limits by `job:…` and `submitter:…`. */
  readonly caps: Readonly<Record<string, number>>
  /** BATCH_OPERATION_GROUPS: groups with commas between, by `*`, `application:…` and `job:…`. */
  readonly operationGroups: Readonly<Record<string, string>>
  /** What is in the names of parameters that hold secrets. */
  readonly secretWords: readonly string[]
  readonly jobLogRoot: string
  /** Told the bytes of job logs that were deleted; `null` = nobody counts them. */
  readonly logsFreed: ((bytes: number) => void) | null
  /** Of this server: what it marks is marked by it (ENGINE E14). */
  readonly incarnation: string
  readonly serverId: string
  /** It takes in no jobs (BATCH_ROLE). */
  readonly executorOnly: boolean
  /** For a job that this server may run, while it is stored; `null` = it has no thread to spare, or other jobs wait. */
  seat(): Seat | null
  /** Whoever runs units looks for new ones. `others`: only other servers may run it. */
  wake(others?: boolean): void
  /** A stop was written for this execution. */
  stopRequested(executionId: number): void
  /** A pause was written for this execution. */
  pauseRequested(executionId: number): void
  /** This execution was ended from outside. */
  executionEnded(executionId: number): void
  /** Refuses new work while the server goes down. */
  stopping(): boolean
}
