// An inventory report as a manifest (document 002, R002-50): its manifest.json names CSV files, gzipped or not, and their columns.
import path from 'node:path'
import { pipeline } from 'node:stream/promises'
import { createGunzip } from 'node:zlib'
import type { ManifestLocation } from '../batch/bulk-job.ts'
import { type ManifestBytes, type ManifestOrigin, openManifest, sameEtag } from './manifest-source.ts'
import { type ManifestRow, manifestRows, ManifestRefused } from './read-manifest.ts'

/** Bytes of a manifest.json: some hundred for each file, and a file has a million objects. */
const LARGEST_REPORT = 16 * 1024 * 1024

interface InventoryReport {
  readonly fields: readonly string[]
  readonly files: readonly InventoryFile[]
}

interface InventoryFile {
  /** From the root of the bucket that the report was written to. */
  readonly key: string
  /** As hex; `null` = not given. */
  readonly md5: string | null
}

/**
 * The objects of all files, counted as rows of one manifest. Columns beside Bucket, Key and VersionId are the object's own
 * fields, under the report's names. Delete markers are no objects. `report` = the bytes of the manifest.json that is at `location`.
 */
export async function* inventoryRows(
  origin: ManifestOrigin,
  location: ManifestLocation,
  report: ManifestBytes,
  signal: AbortSignal
): AsyncGenerator<ManifestRow, void> {
  const { fields, files } = reportOf(await textOf(report))
  let row = 0
  for (const { key, md5 } of files) {
    const file = await openManifest(origin, besideReport(location, key), signal)
    const part = { of: key, mixedVersions: true }
    for await (const item of manifestRows(unpacked(file.bytes, key), fields, part))
      if (item.fields?.IsDeleteMarker !== 'true') yield { ...item, row: ++row }
    const [found] = file.etags()
    if (md5 !== null && !sameEtag(md5, found ?? null))
      throw new ManifestRefused(
        'ManifestChanged',
        `The MD5 of ${key} is ${found}, not ${md5}, as the inventory report has it.`
      )
  }
}

async function textOf({ bytes }: ManifestBytes): Promise<string> {
  const pieces: Uint8Array[] = []
  let length = 0
  for await (const piece of bytes) {
    length += piece.length
    if (length > LARGEST_REPORT) throw malformed(`it is larger than ${LARGEST_REPORT} bytes`)
    pieces.push(piece)
  }
  return Buffer.concat(pieces).toString()
}

function reportOf(text: string): InventoryReport {
  let report: unknown
  try {
    report = JSON.parse(text)
  } catch (error) {
    throw malformed(`it is not JSON: ${(error as Error).message}`)
  }
  const { fileFormat, fileSchema, files } = (report ?? {}) as Readonly<Record<string, unknown>>
  if (fileFormat !== 'CSV') throw malformed(`its fileFormat is ${JSON.stringify(fileFormat)}, not "CSV"`)
  if (typeof fileSchema !== 'string') throw malformed('it has no fileSchema')
  const fields = fileSchema.split(',').map(name => name.trim())
  for (const name of ['Bucket', 'Key'])
    if (!fields.includes(name)) throw malformed(`its fileSchema has no ${name}`)
  const doubled = fields.find((name, at) => fields.indexOf(name) < at)
  if (doubled !== undefined) throw malformed(`its fileSchema has ${doubled} twice`)
  if (!Array.isArray(files)) throw malformed('it has no files')
  return { fields, files: files.map(fileOf) }
}

function fileOf(file: unknown): InventoryFile {
  const { key, MD5checksum, md5Checksum } = (file ?? {}) as Readonly<Record<string, unknown>>
  if (typeof key !== 'string' || key.split('/').some(name => name === '' || name === '.' || name === '..'))
    throw malformed(`it names a file ${JSON.stringify(key)}`)
  const md5 = MD5checksum ?? md5Checksum
  return { key, md5: typeof md5 === 'string' ? md5 : null }
}

/**
 * Where a file is, said by its key in a bucket whose root nobody names: the keys of manifest.json and of its files begin
 * alike (`prefix/bucket/configuration/…`), so the root is where most of the key is found again; else the file is beside
 * manifest.json.
 */
export function besideReport(location: ManifestLocation, key: string): ManifestLocation {
  if ('path' in location) {
    const folder = path.dirname(location.path).split(path.sep)
    return { path: [...rootOf(folder, key), ...key.split('/')].join(path.sep) }
  }
  if (!('url' in location)) throw malformed('it is neither a file nor at a URL')
  const url = new URL(location.url)
  const folder = url.pathname.split('/').slice(0, -1)
  const names = key.split('/').map(encodeURIComponent)
  url.pathname = [...rootOf(folder, names.join('/')), ...names].join('/')
  return { url: url.href }
}

function rootOf(folder: readonly string[], key: string): readonly string[] {
  const names = key.split('/').slice(0, -1)
  let root = folder
  let most = 0
  for (let depth = folder.length - 1; depth > 0; depth--) {
    const below = folder.slice(depth)
    const parting = below.findIndex((name, at) => name !== names[at])
    const alike = parting === -1 ? below.length : parting
    if (alike > most) {
      most = alike
      root = folder.slice(0, depth)
    }
  }
  return root
}

async function* unpacked(bytes: AsyncIterable<Uint8Array>, key: string): AsyncGenerator<Uint8Array, void> {
  if (!key.endsWith('.gz')) {
    yield* bytes
    return
  }
  const gunzip = createGunzip()
  const piped = pipeline(bytes, gunzip)
  piped.catch(() => {})
  try {
    yield* gunzip as AsyncIterable<Uint8Array>
    await piped
  } catch (error) {
    const { code, message } = error as { readonly code?: unknown; readonly message: string }
    if (typeof code !== 'string' || !code.startsWith('Z_')) throw error
    throw malformed(`its file ${key} is not gzip: ${message}`)
  }
}

function malformed(why: string): ManifestRefused {
  return new ManifestRefused('MalformedManifest', `The inventory report cannot be used: ${why}.`)
}
