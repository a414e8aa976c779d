// Manifests of bulk jobs as they were sent: stored in pieces, so that every server can read one and none holds it as a whole.
import { createHash, randomUUID } from 'node:crypto'
import { appendAudit } from './audit.ts'
import { type Database, rows } from './database.ts'

/** Bytes of a piece: a few round trips for each megabyte, and little memory. */
const PIECE = 512 * 1024

export interface StoredManifest {
  readonly manifestId: string
  /** MD5 of its bytes, as hex. */
  readonly etag: string
  /** In bytes. */
  readonly size: number
}

/** Stores what the stream gives. When it breaks nothing of it is left, and its error is thrown. */
export async function storeManifest(
  db: Database,
  submitter: string,
  source: AsyncIterable<Buffer>
): Promise<StoredManifest> {
  const manifestId = randomUUID()
  await rows(db, 'insert into bulk_manifest (manifest_id, submitter) values (:manifestId, :submitter)', {
    manifestId,
    submitter
  })
  try {
    const hash = createHash('md5')
    let size = 0
    let piece = 0
    for await (const bytes of inPieces(source)) {
      hash.update(bytes)
      size += bytes.length
      await rows(
        db,
        'insert into bulk_manifest_piece (manifest_id, piece, bytes) values (:manifestId, :piece, :bytes)',
        { manifestId, piece: piece++, bytes }
      )
    }
    const stored = { manifestId, etag: hash.digest('hex'), size }
    await db.transaction(async trx => {
      await rows(
        trx,
        'update bulk_manifest set etag = :etag, size = :size where manifest_id = :manifestId',
        stored
      )
      const target = `manifest:${manifestId}`
      const after = { etag: stored.etag, size }
      await appendAudit(trx, [{ who: submitter, what: 'manifest.create', target, after }])
    })
    return stored
  } catch (error) {
    await rows(db, 'delete from bulk_manifest where manifest_id = :manifestId', { manifestId }).catch(
      () => {}
    )
    throw error
  }
}

async function* inPieces(source: AsyncIterable<Buffer>): AsyncGenerator<Buffer, void> {
  let gathered: Buffer[] = []
  let length = 0
  for await (const bytes of source) {
    gathered.push(bytes)
    length += bytes.length
    if (length < PIECE) continue
    yield Buffer.concat(gathered)
    gathered = []
    length = 0
  }
  if (length > 0) yield Buffer.concat(gathered)
}

/** `null` = there is none, or it is not complete. */
export async function findManifest(
  db: Database,
  manifestId: string
): Promise<(StoredManifest & { readonly submitter: string }) | null> {
  const [found] = await rows<StoredManifest & { submitter: string }>(
    db,
    /* sql */ `select manifest_id as "manifestId", submitter, etag, size from bulk_manifest
    where manifest_id = :manifestId and etag is not null`,
    { manifestId }
  )
  return found ?? null
}

/** Its bytes, piece by piece; none where it has gone. */
export async function* readManifest(db: Database, manifestId: string): AsyncGenerator<Buffer, void> {
  for (let piece = 0; ; piece++) {
    const [found] = await rows<{ bytes: Buffer }>(
      db,
      'select bytes from bulk_manifest_piece where manifest_id = :manifestId and piece = :piece',
      { manifestId, piece }
    )
    if (found === undefined) return
    yield found.bytes
  }
}

/** Days after which a manifest that no bulk job names goes; uploads that broke with their server go after one. */
const KEPT_DAYS = 7

/** Housekeeping; says how many went. */
export async function forgetOldManifests(db: Database): Promise<number> {
  const gone = await rows(
    db,
    /* sql */ `delete from bulk_manifest m
    where create_time < clock_timestamp() - case when etag is null then 1 else :days end * interval '1 day'
      and not exists (select from bulk_job j where j.request #>> '{manifest,location,manifestId}' = m.manifest_id)
    returning 1`,
    { days: KEPT_DAYS }
  )
  return gone.length
}
