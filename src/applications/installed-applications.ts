// All that rooms above ask of the applications of a server: which there are, whether one is there, its packaged JSL.
import { fileURLToPath } from 'node:url'
import { BatchError } from '../batch/batch-error.ts'
import { SYSTEM_APPLICATION } from '../batch/system-batch.ts'
import type { Clock } from '../service/clock.ts'
import { findApplication, firstNames, shown } from './application.ts'
import { createApplicationCatalogue, type VersionedApplication } from './application-catalogue.ts'
import { createPackagedJsl } from './packaged-jsl.ts'

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
  /** Of which a job must have one to be run here; `null` = jobs of any are. */
  readonly operationGroups: readonly string[] | null
  /** Rejects with ApplicationUnknown. */
  readonly require: (name: string) => Promise<void>
  /** Rejects with ApplicationUnknown, JobXMLUnknown or JobXMLNameInvalid. */
  readonly packagedJsl: (application: string, jobXMLName: string) => Promise<string>
}

/** Which jobs a server runs; `null` = of all applications, of all groups. */
export interface ExecutorBinding {
  readonly applications: readonly string[] | null
  readonly operationGroups: readonly string[] | null
}

/** Those that this server runs: `executor` `null` = none, whatever lies in the folder. */
export function createInstalledApplications(
  appsDir: string,
  clock: Clock,
  executor: ExecutorBinding | null = { applications: null, operationGroups: null }
): InstalledApplications {
  if (executor === null) return NONE
  const only = executor.applications === null ? null : new Set(executor.applications)
  const isMine = (name: string) => only === null || only.has(name)
  const catalogue = createApplicationCatalogue(appsDir, clock)
  const mine = async (): Promise<ReadonlyMap<string, VersionedApplication>> => {
    const found = await catalogue.applications()
    return only === null ? found : new Map([...found].filter(([name]) => only.has(name)))
  }
  const find = async (name: string) => {
    if (isMine(name)) return await findApplication(appsDir, name)
    throw new BatchError('ApplicationUnknown', [shown(name), firstNames([...(await mine()).keys()])])
  }
  return {
    operationGroups: executor.operationGroups,
    applications: mine,
    runnable: async () =>
      new Map([
        ...(isMine(BULK.name) ? [[BULK.name, BULK] as const] : []),
        ...(await mine()),
        [SYSTEM.name, SYSTEM]
      ]),
    async require(name) {
      // One that was here a second ago is not looked for anew: a submit of packaged JSL reads a file of it anyway.
      if ((name === BULK.name && isMine(name)) || (await mine()).has(name)) return
      await find(name)
    },
    packagedJsl: createPackagedJsl(find, clock)
  }
}

const NOTHING: ReadonlyMap<string, VersionedApplication> = new Map()
const none = (name: string) => Promise.reject(new BatchError('ApplicationUnknown', [shown(name), 'none']))

const NONE: InstalledApplications = {
  operationGroups: null,
  applications: async () => NOTHING,
  runnable: async () => NOTHING,
  require: none,
  packagedJsl: none
}
