// Where an execution was each time a server died under it (ENGINE E12): kept on its row, so that `resume` can name what it gives
// up on, and whoever looks can see it before.
import type { Interruption, PlaceAtWork } from '../batch/job-records.ts'
import { type Database, rows } from './database.ts'
import { fromBytes } from './structured.ts'

const LONGEST_CHECKPOINT = 200
/** Places kept of one interruption, and named of all. */
const PLACES_KEPT = 32
const PLACES_NAMED = 5

/** In the transaction that recovers it, with its units locked and not changed yet: notes where it was, and gives all so far. */
export async function noteInterruption(
  trx: Database,
  interrupted: { readonly executionId: number; readonly incarnation: string; readonly reason: string }
): Promise<Interruption[]> {
  const found = await rows<Omit<PlaceAtWork, 'checkpoint'> & { checkpoint: Buffer | null }>(
    trx,
    /* sql */ `
    with dead as (
      select * from unit where execution_id = :executionId and status in ('STARTED', 'STOPPING')
        and (incarnation = :incarnation or only_incarnation = :incarnation)
    )
    select s.step_name as "stepName", p.partition_number as "partitionNumber", p.chunk_number as "afterChunk",
      p.reader_checkpoint as checkpoint
    from dead d join partition p on p.step_execution_id = d.step_execution_id and p.partition_number = d.partition_number
      join step_execution s on s.step_execution_id = d.step_execution_id
    where d.kind = 'partition'
    union all
    select s.step_name, null, s.chunk_number, s.reader_checkpoint
    from dead d join step_execution s on s.unit_id = d.unit_id
    where s.batch_status in ('STARTED', 'STOPPING')
      and not exists (select from dead c where c.kind = 'partition' and c.step_execution_id = s.step_execution_id)
    order by 1, 2 nulls first limit ${PLACES_KEPT}`,
    { ...interrupted }
  )
  const places: PlaceAtWork[] = found.map(place => ({
    ...place,
    checkpoint: checkpointText(place.checkpoint)
  }))
  const [row] = await rows<{ interruptions: Interruption[] }>(
    trx,
    /* sql */ `update job_execution set interruptions = interruptions || jsonb_build_object(
        'at', clock_timestamp(),
        'reason', :reason::text, 'places', :places::jsonb)
    where execution_id = :executionId returning interruptions`,
    { ...interrupted, places: JSON.stringify(places) }
  )
  return row?.interruptions ?? []
}

/** Oldest first; empty for an execution that is not there. */
export async function findInterruptions(db: Database, executionId: number): Promise<Interruption[]> {
  const [row] = await rows<{ interruptions: Interruption[] }>(
    db,
    'select interruptions from job_execution where execution_id = :executionId',
    { executionId }
  )
  return row?.interruptions ?? []
}

/** What was at work, the most frequent first: `step load at chunk 13, after checkpoint 120 (4 times)`. */
export function poisonWindow(interruptions: readonly Interruption[]): string {
  const times = new Map<string, number>()
  for (const { places } of interruptions)
    for (const place of places.length === 0 ? ['between two steps'] : places.map(placeText))
      times.set(place, (times.get(place) ?? 0) + 1)
  const sorted = [...times].toSorted(([, a], [, b]) => b - a)
  const named = sorted
    .slice(0, PLACES_NAMED)
    .map(([place, n]) => `${place} (${n === 1 ? 'once' : `${n} times`})`)
  const more = sorted.length - named.length
  return `${named.join('; ')}${more > 0 ? `; and ${more} other places` : ''}`
}

export function placeText({ stepName, partitionNumber, afterChunk, checkpoint }: PlaceAtWork): string {
  const where = `in step ${stepName}${partitionNumber === null ? '' : ` partition ${partitionNumber}`}`
  if (afterChunk === 0) return `${where} before its first checkpoint`
  return `${where} at chunk ${afterChunk + 1}${checkpoint === null ? '' : `, after checkpoint ${checkpoint}`}`
}

/** A checkpoint is whatever job code made it: what cannot be shown is left out. */
function checkpointText(bytes: Buffer | null): string | null {
  if (bytes === null) return null
  try {
    const text = JSON.stringify(fromBytes(bytes), (_, value: unknown) =>
      typeof value === 'bigint' ? String(value) : value
    )
    if (text === undefined) return null
    const storable = text.replaceAll('\\u0000', '')
    return storable.length > LONGEST_CHECKPOINT ? `${storable.slice(0, LONGEST_CHECKPOINT)}…` : storable
  } catch {
    // Circular, or a class of another version.
    return null
  }
}
