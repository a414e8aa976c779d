// What this room is made of: handed over by the composition root, shared by its files.
import type { JobOperator } from '../operator/job-operator.ts'
import type { Database } from '../store/database.ts'

export interface SchedulingOptions {
  readonly db: Database
  readonly operator: JobOperator
  /** Packaged JSL of an application; rejects with ApplicationUnknown, JobXMLUnknown or JobXMLNameInvalid. */
  packagedJsl(application: string, jobXMLName: string): Promise<string>
  /** Rejects with ApplicationUnknown where no server that lives runs it. */
  requireApplication(application: string): Promise<void>
  /** Names of those that this server has. */
  applications(): Promise<readonly string[]>
  /** What is in the names of parameters that hold secrets. */
  readonly secretWords: readonly string[]
  /** IANA name; of schedules that have none of their own. */
  readonly timeZone: string
  /**
   * By then what is stopped has ended: what ignores it is ended by force after its grace period, and recovered from a server that
   * died after its lease.
   */
  readonly endSeconds: number
  /** Runs were stored: whoever runs units looks for new ones. */
  wake(): void
}
