// Servers that have one application in different versions, for whoever wonders why parts of a job do not do the same.
import type { Database } from '../store/database.ts'
import { findPublications } from '../store/published-applications.ts'

/** Enough of a version to tell it from another. */
const SHOWN = 8

/** A sentence; '' = all that live have the same. */
export async function explainVersions(db: Database, application: string): Promise<string> {
  const byVersion = Map.groupBy(await findPublications(db, [application]), ({ version }) => version)
  if (byVersion.size < 2) return ''
  const versions = [...byVersion].map(([version, on]) => {
    const servers = on.map(({ serverId }) => serverId).join(', ')
    return `${version.slice(0, SHOWN)} on ${servers}`
  })
  return `Servers have different versions of application ${application} (${versions.join('; ')}): each part of the job runs with that of the server that takes it.`
}
