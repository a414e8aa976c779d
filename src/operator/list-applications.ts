// The applications of this server as people want to see them: job definitions with their steps, artifacts, and what is broken.
import { BUILT_IN_NAMES } from '../applications/built-in/built-in-names.ts'
import type { VersionedApplication } from '../applications/application-catalogue.ts'
import { BatchError } from '../batch/batch-error.ts'
import { outlineOf } from '../jsl/job-outline.ts'
import { type JslProblem, JslProblems } from '../jsl/jsl-problem.ts'
import { readJob } from '../jsl/read-job.ts'
import { LRUCache } from '../service/lru-cache.ts'
import type { OperatorOptions } from './operator-options.ts'

export interface PackagedJob {
  readonly jobXMLName: string
  /** `null` where its JSL cannot be read. */
  readonly jobName: string | null
  /** Ids of all steps, in document order. */
  readonly steps: readonly string[]
  readonly problems: readonly JslProblem[]
}

export interface ApplicationDetail {
  readonly name: string
  /** Changes when its code does. */
  readonly version: string
  readonly jobs: readonly PackagedJob[]
  /** Names that a `ref` may have, those of built-in artifacts aside. */
  readonly artifacts: readonly string[]
  /** Why its code cannot be loaded; `null` = it can. */
  readonly problem: string | null
}

export interface ApplicationPage {
  readonly applications: readonly ApplicationDetail[]
  /** There are others behind them. */
  readonly more: boolean
  readonly builtInArtifacts: readonly string[]
}

/** After a name (`null` = from the first on), by name, at most so many. */
export interface ApplicationPaging {
  readonly after: string | null
  readonly limit: number
}

export type ListApplications = (paging: ApplicationPaging) => Promise<ApplicationPage>

type Options = Pick<OperatorOptions, 'applications' | 'artifactNames' | 'jobXMLNames' | 'packagedJsl'>

const JOBS_KEPT = 500

/** Remembers what it read of a JSL text. */
export function createListApplications(options: Options): ListApplications {
  const read = new LRUCache<string, Omit<PackagedJob, 'jobXMLName'>>(JOBS_KEPT)

  function outlined(jsl: string): Omit<PackagedJob, 'jobXMLName'> {
    const known = read.get(jsl)
    if (known !== undefined) return known
    const outline = outlinedNow(jsl)
    read.set(jsl, outline)
    return outline
  }

  async function job(application: string, jobXMLName: string): Promise<PackagedJob[]> {
    try {
      return [{ jobXMLName, ...outlined(await options.packagedJsl(application, jobXMLName)) }]
    } catch (error) {
      if (!(error instanceof BatchError)) throw error
      // It was taken away while we looked.
      if (error.code !== 'JslInvalid') return []
      const problems = [{ line: 1, column: 1, message: error.message }]
      return [{ jobXMLName, jobName: null, steps: [], problems }]
    }
  }

  async function detail(application: VersionedApplication): Promise<ApplicationDetail> {
    const { name, version } = application
    const names = await options.jobXMLNames(application)
    const jobs = (await Promise.all(names.map(each => job(name, each)))).flat()
    try {
      const { exports, ids } = await options.artifactNames(application)
      const artifacts = [...new Set([...exports, ...ids])].toSorted()
      return { name, version, jobs, artifacts, problem: null }
    } catch (error) {
      const problem = error instanceof Error ? error.message : String(error)
      return { name, version, jobs, artifacts: [], problem }
    }
  }

  return async ({ after, limit }) => {
    const all = [...(await options.applications()).values()].toSorted((a, b) => (a.name < b.name ? -1 : 1))
    const behind = after === null ? all : all.filter(({ name }) => name > after)
    return {
      applications: await Promise.all(behind.slice(0, limit).map(detail)),
      more: behind.length > limit,
      builtInArtifacts: BUILT_IN_NAMES
    }
  }
}

function outlinedNow(jsl: string): Omit<PackagedJob, 'jobXMLName'> {
  try {
    const source = readJob(jsl)
    const { steps } = outlineOf(source, { jobParameters: {}, systemProperties: {} })
    return { jobName: source.id, steps, problems: [] }
  } catch (error) {
    if (!(error instanceof JslProblems)) throw error
    return { jobName: null, steps: [], problems: error.problems }
  }
}
