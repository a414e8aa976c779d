// What the operator is made of: handed over by the composition root, shared by the files of this room.
import type { VersionedApplication } from '../applications/application-catalogue.ts'
import type { ArtifactNames } from '../applications/artifact-names.ts'
import type { Database } from '../store/database.ts'
import type { JobXMLStore } from '../store/job-xml.ts'
import type { CheckJsl } from './check-jsl.ts'

export interface OperatorOptions {
  readonly db: Database
  /** Without a time limit for statements. */
  readonly longDb: Database
  readonly jobXMLs: JobXMLStore
  readonly checkJsl: CheckJsl
  /** Packaged JSL of an application; rejects with ApplicationUnknown or JobXMLUnknown. */
  packagedJsl(application: string, jobXMLName: string): Promise<string>
  /** Those of this server, by name. */
  applications(): Promise<ReadonlyMap<string, VersionedApplication>>
  jobXMLNames(application: VersionedApplication): Promise<readonly string[]>
  /** Rejects with the reason when its code cannot be loaded. */
  artifactNames(application: VersionedApplication): Promise<ArtifactNames>
  /** Rejects with ApplicationUnknown. */
  requireApplication(application: string): Promise<void>
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
  /** Whoever runs units looks for new ones. */
  wake(): void
  /** A stop was written for this execution. */
  stopRequested(executionId: number): void
  /** A pause was written for this execution. */
  pauseRequested(executionId: number): void
  /** This execution was ended from outside. */
  executionEnded(executionId: number): void
  /** Refuses new work while the server goes down. */
  stopping(): boolean
}
