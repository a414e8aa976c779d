// Publishes what this server can run, at its start and whenever that changed, so that servers without the applications know
// them: a dispatcher takes in jobs of what its executors have.
import { contentVersion } from '../applications/application-version.ts'
import { jobXMLNames, jobXMLState, readJobXML } from '../applications/job-xml.ts'
import type { ArtifactNames } from '../applications/artifact-names.ts'
import { BatchError } from '../batch/batch-error.ts'
import { storable, unstorable } from '../batch/text.ts'
import { createTicker, type Ticker } from '../service/ticker.ts'
import {
  type PublishedApplication,
  type PublishedArtifacts,
  type PublishedJob,
  publishApplications,
  someoneLacks
} from '../store/published-applications.ts'
import type { DispatchOptions, RunnableApplication } from './dispatch-options.ts'

const PUBLISH_MS = 2000
/** Code that could not be loaded is tried again: what it lacks may be installed, or the machine was busy. */
const RETRY_MS = 35_000

/**
 * Looks every 2 s by names, sizes and times, and reads what changed. Which artifacts an application exports is asked of a
 * thread that loads its code, so only once a server lives that lacks one of the applications.
 */
export function createPublisher(
  options: DispatchOptions,
  namesOf: (application: RunnableApplication) => Promise<ArtifactNames>
): Ticker {
  const { db, server, log } = options
  /** As last published; `''` = nothing was yet. */
  let published = ''
  let withArtifacts = false
  let askAgain = 0

  async function round(): Promise<void> {
    const runs = [...(await options.installed.runnable()).keys()]
    const installed = [...(await options.installed.applications()).values()]
    const states = installed.map(
      async application => `${application.name}\0${application.version}\0${await jobXMLState(application)}`
    )
    const state = [...runs, ...(await Promise.all(states))].join('\n')
    if (state !== published) {
      withArtifacts = false
      askAgain = 0
    }
    const names = installed.map(({ name }) => name)
    // Not at the start: who waits for this server to be ready is not to wait for all its code.
    const asks = published !== '' && installed.length > 0 && !withArtifacts && performance.now() >= askAgain
    const wanted = asks && (await someoneLacks(db, names))
    if (state === published && !wanted) return
    const applications = []
    for (const application of installed) applications.push(await described(application, wanted))
    if (!(await publishApplications(db, server.incarnation, { runs, applications }))) return
    published = state
    withArtifacts = wanted && applications.every(({ problem }) => problem === null)
    if (wanted && !withArtifacts) askAgain = performance.now() + RETRY_MS
    log.debug({ applications: names, withArtifacts }, 'published what this server can run')
  }

  async function described(application: RunnableApplication, wanted: boolean): Promise<PublishedApplication> {
    const { name } = application
    const jobNames = await jobXMLNames(application)
    const jobs = await Promise.all(jobNames.map(jobXMLName => packagedJob(application, jobXMLName)))
    const version = await contentVersion(application)
    return { name, version, jobs, ...(wanted ? await artifactsOf(application) : NOT_ASKED) }
  }

  async function artifactsOf(application: RunnableApplication): Promise<Known> {
    try {
      return { artifacts: await namesOf(application), problem: null }
    } catch (error) {
      const reason = error instanceof Error ? error.message : String(error)
      return { artifacts: null, problem: storable(reason) }
    }
  }

  return createTicker({
    everyMs: PUBLISH_MS,
    round,
    onError: error => log.error({ err: error }, 'what this server can run could not be published')
  })
}

interface Known {
  readonly artifacts: PublishedArtifacts | null
  readonly problem: string | null
}

const NOT_ASKED: Known = { artifacts: null, problem: null }

async function packagedJob(application: RunnableApplication, jobXMLName: string): Promise<PublishedJob> {
  const unreadable = (problem: string) => ({ jobXMLName, jsl: null, problem: storable(problem) })
  try {
    const jsl = await readJobXML(application, jobXMLName)
    const flaw = unstorable(jsl)
    return flaw === null
      ? { jobXMLName, jsl, problem: null }
      : unreadable(`${jobXMLName}.xml contains ${flaw}, which PostgreSQL cannot store`)
  } catch (error) {
    if (!(error instanceof BatchError)) throw error
    return unreadable(error.message)
  }
}
