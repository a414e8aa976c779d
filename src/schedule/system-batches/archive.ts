// BATCH_ARCHIVAGE: what ended long ago goes into zips, and then away: volume after volume, each read back before a single one of its
// instances is purged, and each instance purged only if it is as it was.
import { mkdir, readdir, rm } from 'node:fs/promises'
import path from 'node:path'
import type { SystemTask } from '../../batch/system-batch.ts'
import type { Caller } from '../../operator/caller.ts'
import type { JobOperator } from '../../operator/job-operator.ts'
import type { Database } from '../../store/database.ts'
import { endedLongAgo, isUnderWay } from '../../store/system-batches.ts'
import { patiently } from './patiently.ts'

/** Instances of a volume, and those purged together. */
const VOLUME = 500
const TOGETHER = 64

interface Archive {
  readonly db: Database
  readonly operator: JobOperator
  readonly dataDir: string
  readonly caller: Caller
  readonly days: number
}

export async function archive(
  { db, operator, dataDir, caller, days }: Archive,
  task: SystemTask,
  runId: number
): Promise<string> {
  const folder = path.join(dataDir, nameIn(task, 'folder'))
  const prefix = `${nameIn(task, 'name')}.run-${runId}.`
  await mkdir(folder, { recursive: true })
  let volume = await nextVolume(folder, prefix)
  const counted = { archived: 0, purged: 0, left: 0, elsewhere: 0, volumes: 0 }
  const sentence = () =>
    `Job instances archived to ${folder}: ${counted.archived}, in ${counted.volumes} zips; purged: ${counted.purged}; changed or held since, and left: ${counted.left}; left because their job logs are not to be seen from here: ${counted.elsewhere}.`
  for (let after = 0; ;) {
    const page = await patiently(() => endedLongAgo(db, { days, after, limit: VOLUME }))
    if (page.length === 0) return sentence()
    if (!(await patiently(() => isUnderWay(db, runId)))) return `Stopped. ${sentence()}`
    const ids = page.map(({ instanceId }) => instanceId)
    const file = path.join(folder, `${prefix}${volume}.zip`)
    const { archived, elsewhere, bytes } = await patiently(() => operator.archiveInstances(ids, file, caller))
    counted.archived += archived.length
    counted.elsewhere += elsewhere.length
    if (bytes > 0) {
      counted.volumes++
      volume++
    }
    const asOf = new Map(page.map(({ instanceId, lastUpdatedTime }) => [instanceId, lastUpdatedTime]))
    for (let at = 0; at < archived.length; at += TOGETHER) {
      const some = new Map(archived.slice(at, at + TOGETHER).map(id => [id, asOf.get(id)!]))
      const became = await patiently(() =>
        operator.purgeAsPlanned({ asOf: some, jobStoreOnly: false, planId: null }, caller)
      )
      const purged = [...became.values()].filter(({ kind }) => kind === 'purged').length
      counted.purged += purged
      counted.left += some.size - purged
    }
    after = ids.at(-1)!
  }
}

/** What an earlier attempt of this run has finished stays; what it had begun goes. */
async function nextVolume(folder: string, prefix: string): Promise<number> {
  let next = 1
  for (const name of await readdir(folder)) {
    if (!name.startsWith(prefix)) continue
    if (name.endsWith('.part')) await rm(path.join(folder, name), { force: true })
    const number = Number(/^(\d{1,9})\.zip$/.exec(name.slice(prefix.length))?.[1] ?? 0)
    next = Math.max(next, number + 1)
  }
  return next
}

/** Whoever may run it must not write anywhere. */
function nameIn(task: SystemTask, parameter: string): string {
  const name = task[parameter] ?? ''
  if (/^[A-Za-z0-9][A-Za-z0-9._-]{0,127}$/.test(name)) return name
  const what = parameter === 'folder' ? 'a folder below the data directory' : 'the zips'
  throw new Error(`The parameter ${parameter} must be a name of ${what}, not "${name.slice(0, 40)}".`)
}
