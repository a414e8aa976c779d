// Which applications there are on all servers that live: this one's own, and what the others publish. A job of an application
// that nobody has is refused, whoever is asked.
import { firstNames, shown } from '../applications/application.ts'
import { isExported } from '../applications/artifact-names.ts'
import type { InstalledApplications } from '../applications/installed-applications.ts'
import { BatchError } from '../batch/batch-error.ts'
import { SYSTEM_APPLICATION } from '../batch/system-batch.ts'
import type { Clock } from '../service/clock.ts'
import { LRUCache } from '../service/lru-cache.ts'
import type { Database } from '../store/database.ts'
import type { JobXMLStore } from '../store/job-xml.ts'
import {
  findPublications,
  findPublishedJobs,
  findPublishedJsl,
  type LiveServer,
  liveServers
} from '../store/published-applications.ts'

export interface KnownApplications {
  /** Rejects with ApplicationUnknown: no server that lives has it. */
  readonly require: (application: string) => Promise<void>
  /** This server's own where it has it; else of the server that started last. Rejects as InstalledApplications' does. */
  readonly packagedJsl: (application: string, jobXMLName: string) => Promise<string>
  /**
   * Who may run a job: this server (perhaps with others), or others only. Rejects with ApplicationUnknown, or with
   * NoExecutor where those that have it run no job of these groups.
   */
  runner(application: string, operationGroups: readonly string[]): Promise<'here' | 'elsewhere'>
  /** Of all servers that live. */
  readonly names: () => Promise<readonly string[]>
  /** Where the servers that take in jobs listen. */
  dispatchers(): Promise<readonly string[]>
  /** Which artifacts other servers say it has: `null` = none says anything yet. */
  publishedArtifacts(application: string): Promise<{ has(ref: string): boolean } | null>
}

export interface KnownOptions {
  readonly db: Database
  readonly jobXMLs: JobXMLStore
  readonly clock: Clock
  /** What this server runs. */
  readonly installed: InstalledApplications
}

/** How long other servers are taken for what they were; who is looked for in vain is looked for again at once. */
const FRESH_MS = 1000
const JSL_KEPT = 200

export function createKnownApplications(options: KnownOptions): KnownApplications {
  const { db, clock, installed, jobXMLs } = options
  let asked: { readonly at: number; readonly servers: Promise<LiveServer[]> } | null = null
  const published = new LRUCache<string, { readonly at: number; readonly xmlId: number }>(JSL_KEPT)

  function servers(fresh: boolean): Promise<LiveServer[]> {
    if (fresh || asked === null || clock.now() - asked.at > FRESH_MS) {
      const now = { at: clock.now(), servers: liveServers(db) }
      asked = now
      now.servers.catch(() => asked === now && (asked = null))
    }
    return asked.servers
  }

  async function someone(runs: (server: LiveServer) => boolean): Promise<boolean> {
    return (await servers(false)).some(runs) || (await servers(true)).some(runs)
  }

  async function isInstalled(application: string): Promise<boolean> {
    if ((await installed.runnable()).has(application)) return true
    try {
      // What was installed a moment ago.
      await installed.require(application)
      return true
    } catch (error) {
      if (!isUnknown(error)) throw error
      return false
    }
  }

  async function namesOfAll(): Promise<string[]> {
    const others = (await servers(false)).flatMap(({ applications }) => applications)
    return [...new Set([...(await installed.runnable()).keys(), ...others])].toSorted()
  }

  async function unknown(application: string): Promise<BatchError> {
    const names = (await namesOfAll()).filter(name => name !== SYSTEM_APPLICATION)
    return new BatchError('ApplicationUnknown', [shown(application), firstNames(names)])
  }

  async function requireKnown(application: string): Promise<void> {
    if (application !== SYSTEM_APPLICATION && (await isInstalled(application))) return
    const runs = (server: LiveServer) => server.applications.includes(application)
    if (application === SYSTEM_APPLICATION || !(await someone(runs))) throw await unknown(application)
  }

  async function publishedJsl(application: string, jobXMLName: string): Promise<string | null> {
    const key = JSON.stringify([application, jobXMLName])
    const known = published.get(key)
    if (known !== undefined && clock.now() - known.at <= FRESH_MS) return await jobXMLs.textOf(known.xmlId)
    const found = await findPublishedJsl(db, { application, jobXMLName })
    if (found === null) return null
    if (found.xmlId === null) throw new BatchError('JslInvalid', [found.problem ?? ''])
    published.set(key, { at: clock.now(), xmlId: found.xmlId })
    return await jobXMLs.textOf(found.xmlId)
  }

  return {
    require: requireKnown,
    async packagedJsl(application, jobXMLName) {
      try {
        return await installed.packagedJsl(application, jobXMLName)
      } catch (error) {
        if (!(error instanceof BatchError) || !isUnknown(error)) throw error
        await requireKnown(application)
        const jsl = await publishedJsl(application, jobXMLName)
        if (jsl !== null) return jsl
        if (error.code === 'JobXMLUnknown') throw error
        // Whoever had it a moment ago may be gone.
        await servers(true)
        await requireKnown(application)
        const names = (await findPublishedJobs(db, application)).map(job => job.jobXMLName)
        throw new BatchError('JobXMLUnknown', [application, shown(jobXMLName), firstNames(names)])
      }
    },
    async runner(application, groups) {
      const isSystem = application === SYSTEM_APPLICATION
      const takes = (bound: readonly string[] | null) =>
        isSystem || bound === null || bound.some(group => groups.includes(group))
      if ((await isInstalled(application)) && takes(installed.operationGroups)) return 'here'
      const runs = (server: LiveServer) =>
        server.applications.includes(application) && takes(server.operationGroups)
      // The server's own batches wait for whoever comes.
      if (isSystem || (await someone(runs))) return 'elsewhere'
      await requireKnown(application)
      throw new BatchError('NoExecutor', [application, groups.length === 0 ? 'no group' : groups.join(', ')])
    },
    names: namesOfAll,
    dispatchers: async () =>
      (await servers(false)).filter(({ role }) => role !== 'executor').map(({ address }) => address),
    async publishedArtifacts(application) {
      const known = (await findPublications(db, [application])).flatMap(({ artifacts }) => artifacts ?? [])
      return known.length === 0 ? null : { has: ref => known.some(names => isExported(names, ref)) }
    }
  }
}

function isUnknown(error: unknown): boolean {
  return (
    error instanceof BatchError && (error.code === 'ApplicationUnknown' || error.code === 'JobXMLUnknown')
  )
}
