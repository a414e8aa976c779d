// What a job wrote to disk, as something that two runs can be compared by.
import { createHash } from 'node:crypto'
import { createReadStream } from 'node:fs'
import { lstat, readdir, readlink } from 'node:fs/promises'
import path from 'node:path'
import { pipeline } from 'node:stream/promises'

/** Path → what is there: bytes and hash of a file, the target of a link, or that it is missing. Empty folders do not count. */
export async function filesBelow(root: string, shownAs: string): Promise<ReadonlyMap<string, string>> {
  const found = new Map<string, string>()
  await collect(root, shownAs, found)
  return found
}

async function collect(at: string, shownAs: string, found: Map<string, string>): Promise<void> {
  const entry = await lstat(at).catch(() => null) // absent: it has no lines
  if (entry === null) return
  if (entry.isDirectory())
    for (const name of (await readdir(at)).toSorted())
      await collect(path.join(at, name), path.posix.join(shownAs, name), found)
  else if (entry.isFile()) found.set(`file ${shownAs}`, `${entry.size} bytes, SHA-256 ${await hashOf(at)}`)
  else if (entry.isSymbolicLink()) found.set(`file ${shownAs}`, `a link to ${await readlink(at)}`)
}

async function hashOf(file: string): Promise<string> {
  const hash = createHash('sha256')
  await pipeline(createReadStream(file), hash)
  return hash.digest('hex').slice(0, 16)
}
