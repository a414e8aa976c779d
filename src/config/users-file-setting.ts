// One setting alone: users are made before the server can start, when the rest of its configuration may still be wrong.
import path from 'node:path'

/** BATCH_USERS_FILE, absolute; `null` = not set. */
export function usersFileSetting(
  environment: Readonly<Record<string, string | undefined>> = process.env,
  workingDirectory = process.cwd()
): string | null {
  const given = environment['BATCH_USERS_FILE']
  return given === undefined || given === '' ? null : path.resolve(workingDirectory, given)
}
