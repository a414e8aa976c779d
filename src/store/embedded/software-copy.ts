// Without this file the binaries of a checkout below a 0700 directory could not be put where the database's user can run them.
import { createHash } from 'node:crypto'
import {
  chmod,
  copyFile,
  lstat,
  mkdir,
  mkdtemp,
  readdir,
  readFile,
  readlink,
  rename,
  rm,
  stat,
  symlink
} from 'node:fs/promises'
import { dirname, join, relative, sep } from 'node:path'
import { makeSafeDirectory } from './safe-directory.ts'

interface PackagedLink {
  /** The file a link leads to, relative to the package: `native/lib/libpq.so.5.18`. */
  readonly source: string
  /** The link itself: `native/lib/libpq.so.5`. */
  readonly target: string
}

const STALE_MILLISECONDS = 3_600_000

/** The links which the package's install script should have made and has not (scripts are often forbidden). */
export async function missingLinks(native: string): Promise<readonly PackagedLink[]> {
  const missing: PackagedLink[] = []
  for (const link of await packagedLinks(native)) {
    const found = await stat(join(dirname(native), link.target)).catch(() => null) // missing or out of reach
    if (found === null) missing.push(link)
  }
  return missing
}

/**
 * A complete copy of `native` below `base`, named by its content, or null when `base` cannot be made or trusted or is full.
 * An existing copy is taken if `works` says so, else replaced. Copies appear whole, by a rename: starters do not trip each other.
 */
export async function copySoftware(
  native: string,
  base: string,
  works: (copy: string) => Promise<boolean>
): Promise<string | null> {
  const safe = await makeSafeDirectory(base)
  if (safe === null) return null
  await removeStale(safe)
  const files = await list(native)
  // The parent's name is part of the copied package's shape: the links in pg-symlinks.json begin with `native/`.
  const place = join(safe, `postgres-${await packageVersion(native)}-${await contentHash(native, files)}`)
  const copy = join(place, 'native')
  if (await works(copy)) return copy
  const draft = await mkdtemp(join(safe, 'copying-')).catch(() => null) // read-only or full: the next base may do
  if (draft === null) return null
  try {
    await chmod(draft, 0o755)
    await copyFiles(native, join(draft, 'native'), files)
    await moveInto(place, draft, () => works(copy))
    return copy
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOSPC') return null
    throw error
  } finally {
    await rm(draft, { recursive: true, force: true })
  }
}

async function moveInto(place: string, draft: string, works: () => Promise<boolean>): Promise<void> {
  try {
    await rename(draft, place)
  } catch (error) {
    if (!['ENOTEMPTY', 'EEXIST', 'EPERM'].includes((error as NodeJS.ErrnoException).code ?? '')) throw error
    // Somebody was faster; only if what stands there is damaged does it have to go.
    if (await works()) return
    await rename(place, `${draft}-damaged`)
    await rename(draft, place)
  }
}

/** Paths below `native`, parents first, without what only compilers need. */
async function list(native: string): Promise<readonly string[]> {
  const entries = await readdir(native, { recursive: true })
  return entries.filter(path => !/\.a$|^include|pkgconfig/.test(path)).toSorted()
}

async function contentHash(native: string, files: readonly string[]): Promise<string> {
  const hash = createHash('sha256')
  for (const path of files) {
    const found = await lstat(join(native, path))
    if (found.isFile()) hash.update(`${path}\0${found.size}\0`).update(await readFile(join(native, path)))
  }
  return hash.digest('hex').slice(0, 16)
}

async function copyFiles(native: string, to: string, files: readonly string[]): Promise<void> {
  await mkdir(to, { mode: 0o755 })
  await chmod(to, 0o755)
  for (const path of files) {
    const [from, copy] = [join(native, path), join(to, path)]
    const found = await lstat(from)
    if (found.isSymbolicLink()) {
      await symlink(await readlink(from), copy)
      continue
    }
    if (found.isDirectory()) await mkdir(copy)
    else await copyFile(from, copy)
    // A package installed under a strict umask is closed for others; its copy must not be.
    const runs = found.isDirectory() || (found.mode & 0o100) !== 0 || path.startsWith(`bin${sep}`)
    await chmod(copy, runs ? 0o755 : 0o644)
  }
  for (const { source, target } of await packagedLinks(native)) {
    const link = join(dirname(to), target)
    if ((await lstat(link).catch(() => null)) !== null) continue // copied already
    await symlink(relative(dirname(target), source), link)
  }
}

async function packagedLinks(native: string): Promise<readonly PackagedLink[]> {
  try {
    return JSON.parse(await readFile(join(native, 'pg-symlinks.json'), 'utf8')) as PackagedLink[]
  } catch {
    return [] // Windows' package has none
  }
}

/** Only to tell people what they see: the content's hash makes the name unique. */
async function packageVersion(native: string): Promise<string> {
  try {
    const { version } = JSON.parse(await readFile(join(dirname(native), 'package.json'), 'utf8')) as {
      version: unknown
    }
    return /^[\w.-]{1,40}$/.test(String(version)) ? String(version) : 'unknown'
  } catch {
    return 'unknown'
  }
}

/** What a killed starter left behind, and replaced copies. */
async function removeStale(base: string): Promise<void> {
  const now = performance.timeOrigin + performance.now()
  for (const name of await readdir(base)) {
    const path = join(base, name)
    const found = name.startsWith('copying-') ? await lstat(path).catch(() => null) : null // gone: fine
    if (found !== null && now - found.mtimeMs > STALE_MILLISECONDS)
      await rm(path, { recursive: true, force: true })
  }
}
