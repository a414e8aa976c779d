// The applications of a folder with their versions, looked at again once a second at most: new and changed ones are found.
import type { Clock } from '../service/clock.ts'
import { type Application, listApplications } from './application.ts'
import { applicationVersion } from './application-version.ts'

export interface VersionedApplication extends Application {
  readonly version: string
}

const FRESH_MS = 1000

export interface ApplicationCatalogue {
  /** By name. */
  applications(): Promise<ReadonlyMap<string, VersionedApplication>>
}

export function createApplicationCatalogue(appsDir: string, clock: Clock): ApplicationCatalogue {
  let looked: {
    readonly at: number
    readonly found: Promise<ReadonlyMap<string, VersionedApplication>>
  } | null = null
  return {
    async applications() {
      if (looked === null || clock.now() - looked.at > FRESH_MS) {
        const found = look(appsDir)
        looked = { at: clock.now(), found }
        // A folder that could not be read is read again next time.
        found.catch(() => (looked = null))
      }
      return await looked.found
    }
  }
}

async function look(appsDir: string): Promise<ReadonlyMap<string, VersionedApplication>> {
  const applications = await listApplications(appsDir)
  const versioned = await Promise.all(
    applications.map(async application => ({
      ...application,
      version: await applicationVersion(application)
    }))
  )
  return new Map(versioned.map(application => [application.name, application]))
}
