// A secret file is written whole or not at all, and never for a moment readable by others.
import { randomBytes } from 'node:crypto'
import { open, rename, rm } from 'node:fs/promises'

/** `mode` is that of the new file; what had that name before is replaced. */
export async function writeWhole(path: string, text: string, mode: number): Promise<void> {
  const draft = `${path}.${randomBytes(6).toString('hex')}.new`
  try {
    const file = await open(draft, 'wx', mode)
    try {
      await file.chmod(mode)
      await file.writeFile(text)
      await file.sync()
    } finally {
      await file.close()
    }
    await rename(draft, path)
  } catch (error) {
    await rm(draft, { force: true })
    throw error
  }
}
