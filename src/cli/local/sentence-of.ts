// What a local command says when it fails: without this file a port in use would be shown as a page of stack.
import { ConfigInvalid } from '../../config/config.ts'
import { SecurityError } from '../../security/security-error.ts'
import { EmbeddedPostgresError } from '../../store/embedded/embedded-postgres-error.ts'
import { DatabaseUnusable } from '../../store/migrate.ts'
import { CliError } from '../cli-error.ts'

/** What an administrator can mend is one sentence; anything else is a fault and shows where it is. */
export function sentenceOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error)
  const known =
    error instanceof CliError ||
    error instanceof ConfigInvalid ||
    error instanceof DatabaseUnusable ||
    error instanceof EmbeddedPostgresError ||
    error instanceof SecurityError ||
    (error as NodeJS.ErrnoException).code === 'EADDRINUSE'
  return known ? error.message : (error.stack ?? error.message)
}
