// What a crash test is asked to do.

export interface CrashTestOptions {
  /** Folder of applications, and the name of one in it. */
  readonly appsDir: string
  readonly application: string
  readonly jobXMLName: string
  /** `{output}` in a value is the output folder of the run. */
  readonly jobParameters: Readonly<Record<string, string>>
  readonly killAtEveryCheckpoint: boolean
  /** Files and folders that the job writes, as absolute paths. */
  readonly outputs: readonly string[]
  /** Queries on the scratch database. */
  readonly compareSql: readonly string[]
  /** Shell command before each run; `null`: none. */
  readonly prepare: string | null
  readonly recovery: 'fail' | 'resume'
  readonly maxKills: number
  readonly seed: number
  readonly metrics: boolean
  readonly timeoutSeconds: number
  /** The scratch folder stays. */
  readonly keep: boolean
  /** A server in which scratch databases can be made; `null`: an embedded one. */
  readonly databaseUrl: string | null
}
