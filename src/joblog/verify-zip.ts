// Reads a zip that was written to disk, as another program would: without this an archive would be believed before anybody had
// seen that it can be read, and what it is to keep would be deleted.
import { createReadStream } from 'node:fs'
import fs from 'node:fs/promises'
import { crc32, createInflateRaw } from 'node:zlib'

/** What an entry must hold when it is read back. */
export interface EntrySum {
  readonly bytes: number
  readonly crc: number
}

interface Entry {
  readonly name: string
  readonly method: number
  readonly packed: number
  readonly bytes: number
  readonly crc: number
  readonly offset: number
}

const END = 0x06054b50
const END_64 = 0x06064b50
const CENTRAL = 0x02014b50
const LOCAL = 0x04034b50
const MANY = 0xffffffff

/** Rejects, saying what is wrong, unless the zip holds these entries and no others. Memory does not grow with what they hold. */
export async function verifyZip(file: string, expected: ReadonlyMap<string, EntrySum>): Promise<void> {
  const handle = await fs.open(file, 'r')
  try {
    const entries = await entriesOf(handle)
    if (entries.length !== expected.size)
      throw new Error(`${file} holds ${entries.length} entries, and not ${expected.size}`)
    for (const entry of entries) {
      const sum = expected.get(entry.name)
      if (sum === undefined) throw new Error(`${file} holds ${entry.name}, which nobody put in`)
      const found = await sumOf(file, handle, entry)
      if (found.bytes !== sum.bytes || found.crc !== sum.crc || entry.crc !== sum.crc)
        throw new Error(`${entry.name} in ${file} is not what was put in`)
    }
  } finally {
    await handle.close()
  }
}

async function entriesOf(handle: fs.FileHandle): Promise<Entry[]> {
  const { size } = await handle.stat()
  const tail = await bytesAt(handle, Math.max(0, size - 65_557), Math.min(size, 65_557))
  let at = tail.length - 22
  while (at >= 0 && tail.readUInt32LE(at) !== END) at--
  if (at < 0) throw new Error('the zip has no end')
  let [length, offset] = [tail.readUInt32LE(at + 12), tail.readUInt32LE(at + 16)]
  if (offset === MANY || length === MANY || tail.readUInt16LE(at + 10) === 0xffff) {
    // Zip64: a locator of 20 bytes before the end names the place of the larger record.
    const record = await bytesAt(handle, Number(tail.readBigUInt64LE(at - 12)), 56)
    if (record.readUInt32LE(0) !== END_64) throw new Error('the zip has no end of 64 bits')
    length = Number(record.readBigUInt64LE(40))
    offset = Number(record.readBigUInt64LE(48))
  }
  return centralEntries(await bytesAt(handle, offset, length))
}

function centralEntries(directory: Buffer): Entry[] {
  const entries: Entry[] = []
  for (let at = 0; at < directory.length;) {
    if (directory.readUInt32LE(at) !== CENTRAL) throw new Error('the directory of the zip is broken')
    const [name, extra, comment] = [28, 30, 32].map(field => directory.readUInt16LE(at + field)) as [
      number,
      number,
      number
    ]
    const [bytes, packed, offset] = wide(directory.subarray(at + 46 + name, at + 46 + name + extra), [
      directory.readUInt32LE(at + 24),
      directory.readUInt32LE(at + 20),
      directory.readUInt32LE(at + 42)
    ])
    entries.push({
      name: directory.toString('utf8', at + 46, at + 46 + name),
      method: directory.readUInt16LE(at + 10),
      crc: directory.readUInt32LE(at + 16),
      bytes: bytes!,
      packed: packed!,
      offset: offset!
    })
    at += 46 + name + extra + comment
  }
  return entries
}

/** Those that 32 bits cannot hold stand in the extra field, in this order. */
function wide(extra: Buffer, values: readonly number[]): number[] {
  for (let at = 0; at + 4 <= extra.length; at += 4 + extra.readUInt16LE(at + 2)) {
    if (extra.readUInt16LE(at) !== 1) continue
    let next = at + 4
    return values.map(value => {
      if (value !== MANY) return value
      next += 8
      return Number(extra.readBigUInt64LE(next - 8))
    })
  }
  return [...values]
}

async function sumOf(file: string, handle: fs.FileHandle, entry: Entry): Promise<EntrySum> {
  const header = await bytesAt(handle, entry.offset, 30)
  if (header.readUInt32LE(0) !== LOCAL) throw new Error(`${entry.name} is not where the zip says`)
  const start = entry.offset + 30 + header.readUInt16LE(26) + header.readUInt16LE(28)
  let [bytes, crc] = [0, 0]
  if (entry.packed === 0) return { bytes, crc }
  const packed = createReadStream(file, { start, end: start + entry.packed - 1 })
  const content = entry.method === 0 ? packed : packed.pipe(createInflateRaw())
  // `pipe` does not hand on errors.
  packed.on('error', error => content.destroy(error))
  for await (const chunk of content as AsyncIterable<Buffer>) {
    bytes += chunk.length
    crc = crc32(chunk, crc)
  }
  return { bytes, crc }
}

async function bytesAt(handle: fs.FileHandle, position: number, length: number): Promise<Buffer> {
  const buffer = Buffer.alloc(length)
  const { bytesRead } = await handle.read(buffer, 0, length, position)
  if (bytesRead !== length) throw new Error('the zip is shorter than it says')
  return buffer
}
