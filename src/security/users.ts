// The users file as a running server sees it: read again when it changes, kept as it was while it cannot be used.
import type { Logger } from 'pino'
import type { Clock } from '../service/clock.ts'
import { SecurityError } from './security-error.ts'
import { parseUsersFile, type UserRecord } from './users-file.ts'
import { watchFile } from './watched-file.ts'

export interface Users {
  /** By name, in NFC. */
  current(): Promise<ReadonlyMap<string, UserRecord>>
}

/** Rejects with SecurityError when the file is missing or wrong. */
export async function openUsersFile(
  path: string,
  log: Pick<Logger, 'info' | 'warn' | 'error'>,
  clock: Clock
): Promise<Users> {
  try {
    return await watchFile({
      path,
      clock,
      parse: content => parseUsersFile(content.toString('utf8'), path),
      onChange(users, mode) {
        if (users.size === 0)
          log.warn({ path }, 'the users file has no user; add one with: batchyard user add')
        else log.info({ path, users: users.size }, 'users were read')
        if ((mode & 0o077) !== 0)
          log.warn(
            { path, mode: mode.toString(8) },
            'others may read or write the users file; give it mode 600'
          )
      },
      onFailure: error =>
        log.error(
          { path, reason: error.message },
          'the users file cannot be used; who was a user before still is'
        )
    })
  } catch (error) {
    if (error instanceof SecurityError) throw error
    const { code, message } = error as NodeJS.ErrnoException
    throw new SecurityError(
      code === 'ENOENT'
        ? `There is no users file ${path}; make it with: batchyard user add NAME --file ${path}`
        : `The users file cannot be read: ${message}`
    )
  }
}
