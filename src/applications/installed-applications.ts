// All that rooms above ask of the applications of a server: which there are, whether one is there, its packaged JSL.
import { fileURLToPath } from 'node:url'
import { SYSTEM_APPLICATION } from '../batch/system-batch.ts'
import type { Clock } from '../service/clock.ts'
import { findApplication } from './application.ts'
import { createApplicationCatalogue, type VersionedApplication } from './application-catalogue.ts'
import { readJobXML } from './job-xml.ts'

/** It has no code of its own, but a folder it must have. */
const SYSTEM: VersionedApplication = {
  name: SYSTEM_APPLICATION,
  directory: fileURLToPath(new URL('./built-in/', import.meta.url)),
  version: '1'
}

/** Operations of bulk jobs that come with the server; an installed application of this name stands in its place. */
const BULK: VersionedApplication = {
  name: 'Bulk',
  directory: fileURLToPath(new URL('./bulk/', import.meta.url)),
  version: '1'
}

export interface InstalledApplications {
  /** Those of the applications directory, by name. */
  applications(): Promise<ReadonlyMap<string, VersionedApplication>>
  /** With those that come with the server. */
  runnable(): Promise<ReadonlyMap<string, VersionedApplication>>
  /** Rejects with ApplicationUnknown. */
  readonly require: (name: string) => Promise<void>
  /** Rejects with ApplicationUnknown, JobXMLUnknown or JobXMLNameInvalid. */
  readonly packagedJsl: (application: string, jobXMLName: string) => Promise<string>
}

export function createInstalledApplications(appsDir: string, clock: Clock): InstalledApplications {
  const catalogue = createApplicationCatalogue(appsDir, clock)
  return {
    applications: () => catalogue.applications(),
    runnable: async () =>
      new Map([[BULK.name, BULK], ...(await catalogue.applications()), [SYSTEM.name, SYSTEM]]),
    async require(name) {
      if (name === BULK.name) return
      await findApplication(appsDir, name)
    },
    packagedJsl: async (application, jobXMLName) =>
      await readJobXML(await findApplication(appsDir, application), jobXMLName)
  }
}
