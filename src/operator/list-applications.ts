// The applications of all servers that live as people want to see them: job definitions with their steps, artifacts, what is
// broken, and who has them.
import { BUILT_IN_NAMES } from '../applications/built-in/built-in-names.ts'
import type { VersionedApplication } from '../applications/application-catalogue.ts'
import { contentVersion } from '../applications/application-version.ts'
import type { ArtifactNames } from '../applications/artifact-names.ts'
import { jobXMLNames } from '../applications/job-xml.ts'
import { BatchError } from '../batch/batch-error.ts'
import { outlineOf } from '../jsl/job-outline.ts'
import { type JslProblem, JslProblems } from '../jsl/jsl-problem.ts'
import { readJob } from '../jsl/read-job.ts'
import { LRUCache } from '../service/lru-cache.ts'
import {
  findPublications,
  findPublishedJobs,
  type FoundPublication
} from '../store/published-applications.ts'
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
  /** Of its code's content; this server's where it has it, else that of one that has. */
  readonly version: string
  readonly jobs: readonly PackagedJob[]
  /** Names that a `ref` may have, those of built-in artifacts aside. */
  readonly artifacts: readonly string[]
  /** Why its code cannot be loaded; `null` = it can. */
  readonly problem: string | null
  /** Who runs its jobs, by server id. */
  readonly servers: readonly { readonly serverId: string; readonly version: string }[]
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

type Options = Pick<OperatorOptions, 'db' | 'installed' | 'artifactNames' | 'serverId'>

const JOBS_KEPT = 500

/** Remembers what it read of a JSL text. */
export function createListApplications(options: Options): ListApplications {
  const { db, serverId } = options
  const read = new LRUCache<string, Omit<PackagedJob, 'jobXMLName'>>(JOBS_KEPT)
  const versions = new LRUCache<string, Promise<string>>(JOBS_KEPT)

  function outlined(jsl: string): Omit<PackagedJob, 'jobXMLName'> {
    const known = read.get(jsl)
    if (known !== undefined) return known
    const outline = outlinedNow(jsl)
    read.set(jsl, outline)
    return outline
  }

  async function job(application: string, jobXMLName: string): Promise<PackagedJob[]> {
    try {
      return [{ jobXMLName, ...outlined(await options.installed.packagedJsl(application, jobXMLName)) }]
    } catch (error) {
      if (!(error instanceof BatchError)) throw error
      // It was taken away while we looked.
      if (error.code !== 'JslInvalid') return []
      return [{ jobXMLName, ...unreadable(error.message) }]
    }
  }

  async function versionOf(application: VersionedApplication): Promise<string> {
    const key = `${application.directory}\0${application.version}`
    const known = versions.get(key) ?? contentVersion(application)
    versions.set(key, known)
    known.catch(() => versions.delete(key))
    return await known
  }

  async function detailOfOwn(
    application: VersionedApplication,
    publications: readonly FoundPublication[]
  ): Promise<ApplicationDetail> {
    const { name } = application
    const names = await jobXMLNames(application)
    const jobs = (await Promise.all(names.map(each => job(name, each)))).flat()
    const version = await versionOf(application)
    // What this server has is known here before it is published.
    const others = serversOf(publications).filter(server => server.serverId !== serverId)
    const servers = [...others, { serverId, version }].toSorted((x, y) => (x.serverId < y.serverId ? -1 : 1))
    try {
      const artifacts = listed([await options.artifactNames(application)])
      return { name, version, jobs, artifacts, problem: null, servers }
    } catch (error) {
      const problem = error instanceof Error ? error.message : String(error)
      return { name, version, jobs, artifacts: [], problem, servers }
    }
  }

  async function detailOfOthers(
    name: string,
    publications: readonly FoundPublication[]
  ): Promise<ApplicationDetail> {
    const jobs = (await findPublishedJobs(db, name)).map(({ jobXMLName, jsl, problem }): PackagedJob => {
      if (jsl !== null) return { jobXMLName, ...outlined(jsl) }
      return { jobXMLName, ...unreadable(problem ?? '') }
    })
    const known = publications.flatMap(({ artifacts }) => artifacts ?? [])
    const problems = publications.flatMap(({ problem }) => problem ?? [])
    return {
      name,
      version: publications[0]!.version,
      jobs,
      artifacts: listed(known),
      problem: known.length > 0 ? null : (problems[0] ?? NOT_KNOWN),
      servers: serversOf(publications)
    }
  }

  return async ({ after, limit }) => {
    const own = await options.installed.applications()
    const published = Map.groupBy(await findPublications(db), ({ name }) => name)
    const all = [...new Set([...own.keys(), ...published.keys()])].toSorted((a, b) => (a < b ? -1 : 1))
    const behind = after === null ? all : all.filter(name => name > after)
    const details = behind.slice(0, limit).map(name => {
      const [mine, publications = []] = [own.get(name), published.get(name)]
      return mine === undefined ? detailOfOthers(name, publications) : detailOfOwn(mine, publications)
    })
    return {
      applications: await Promise.all(details),
      more: behind.length > limit,
      builtInArtifacts: BUILT_IN_NAMES
    }
  }
}

const NOT_KNOWN = 'no server that has it has said yet which artifacts it has'

function serversOf(publications: readonly FoundPublication[]): ApplicationDetail['servers'] {
  return publications.map(({ serverId, version }) => ({ serverId, version }))
}

function listed(names: readonly ArtifactNames[]): readonly string[] {
  return [...new Set(names.flatMap(({ exports, ids }) => [...exports, ...ids]))].toSorted()
}

function unreadable(message: string): Omit<PackagedJob, 'jobXMLName'> {
  return { jobName: null, steps: [], problems: [{ line: 1, column: 1, message }] }
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
