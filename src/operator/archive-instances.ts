// Writes job instances into a zip: their rows as JSON lines, and their job logs. What is to be purged afterwards can be read there.
import { isSecretName, MASK } from '../batch/secret-parameters.ts'
import { type JobLogEntry, logEntries } from '../joblog/job-log-reader.ts'
import { listParts } from '../joblog/list-parts.ts'
import { type TextEntry, writeZip } from '../joblog/write-zip.ts'
import { systemClock } from '../service/clock.ts'
import {
  ARCHIVED_ROWS,
  archivedLogs,
  type ArchivedRow,
  archivedRows,
  type ArchivedRows,
  declaredSecrets
} from '../store/archive-rows.ts'
import type { OperatorOptions } from './operator-options.ts'

type Options = Pick<OperatorOptions, 'longDb' | 'jobLogRoot' | 'secretWords'>

export interface ArchivedInstances {
  readonly archived: readonly number[]
  /** Parts of their job logs are not to be seen from this server: they are in no zip of it. */
  readonly elsewhere: readonly number[]
  /** Of the zip; 0 = there is none, for there was nothing to put in. */
  readonly bytes: number
}

/** `file`: where the zip goes. It is there when this resolves, and what it holds was read back from it. */
export async function archiveInstances(
  options: Options,
  instanceIds: readonly number[],
  file: string
): Promise<ArchivedInstances> {
  const { longDb, jobLogRoot } = options
  const logs: JobLogEntry[] = []
  const elsewhere = new Set<number>()
  const found = new Map<number, JobLogEntry[]>()
  for (const { instanceId, logPath, indexed } of await archivedLogs(longDb, instanceIds)) {
    const entries = logEntries(logPath, await listParts(jobLogRoot, logPath), 'instance')
    const seen = new Set(entries.map(({ relativePath }) => relativePath))
    if (indexed.some(part => !seen.has(part))) elsewhere.add(instanceId)
    found.set(instanceId, [...(found.get(instanceId) ?? []), ...entries])
  }
  const archived = instanceIds.filter(id => !elsewhere.has(id))
  if (archived.length === 0) return { archived, elsewhere: [...elsewhere], bytes: 0 }
  for (const id of archived) logs.push(...(found.get(id) ?? []))
  const counts = new Map<ArchivedRows, number>()
  const secrets = await declaredSecrets(longDb, archived)
  const rowsOf = (kind: ArchivedRows): TextEntry => ({
    name: `${kind}.jsonl`,
    text: () => linesOf(options, kind, archived, secrets, counts)
  })
  const manifest: TextEntry = {
    name: 'manifest.json',
    // The last one: by then everything has been counted.
    async *text() {
      const rows = Object.fromEntries(counts)
      yield `${JSON.stringify({ format: 'batchyard-archive-1', rows, logParts: logs.length }, null, 2)}\n`
    }
  }
  const entries = [...ARCHIVED_ROWS.map(rowsOf), ...logs.map(inFolder), manifest]
  const { bytes } = await writeZip(jobLogRoot, file, entries, new Date(systemClock.now()))
  if (counts.get('instances') !== archived.length)
    throw new Error(`${file} holds ${counts.get('instances')} job instances, and not ${archived.length}`)
  return { archived, elsewhere: [...elsewhere], bytes }
}

function inFolder(entry: JobLogEntry): JobLogEntry {
  return { ...entry, name: `joblogs/${entry.name}` }
}

async function* linesOf(
  { longDb, secretWords }: Options,
  kind: ArchivedRows,
  instanceIds: readonly number[],
  secrets: ReadonlyMap<number, readonly string[]>,
  counts: Map<ArchivedRows, number>
): AsyncGenerator<string> {
  counts.set(kind, 0)
  for await (const row of archivedRows(longDb, kind, instanceIds)) {
    counts.set(kind, counts.get(kind)! + 1)
    yield `${JSON.stringify(withoutSecrets(kind, row, secrets, secretWords))}\n`
  }
}

/** As everywhere outside of the database: nobody needs to keep a zip as he keeps a password. */
function withoutSecrets(
  kind: ArchivedRows,
  row: ArchivedRow,
  secrets: ReadonlyMap<number, readonly string[]>,
  words: readonly string[]
): ArchivedRow {
  if (kind === 'parameters') {
    const name = String(row['name'])
    const isSecret =
      isSecretName(name, words) || secrets.get(row['instance_id'] as number)?.includes(name) === true
    return isSecret ? { ...row, value: MASK } : row
  }
  if (kind !== 'partitions') return row
  const plan = Object.entries(row['plan_properties'] as Record<string, unknown>)
  return {
    ...row,
    plan_properties: Object.fromEntries(
      plan.map(([name, value]) => [name, isSecretName(name, words) ? MASK : value])
    )
  }
}
