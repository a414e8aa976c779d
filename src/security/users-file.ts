// The form of the users file: one line a user, which an editor, a diff and a shell can handle.
//   name:argon2id hash:role,role:group,group      (# begins a comment)
import { parseOptions } from '@node-rs/argon2'
import { isRole, ROLES } from '../batch/role.ts'
import { type Identity, nameFlaw } from './identity.ts'
import { SecurityError } from './security-error.ts'

export interface UserRecord extends Identity {
  /** Argon2id in PHC form; `!` and the like = no login. */
  readonly hash: string
}

/** In the place of a hash: the user is kept, and cannot log in with a password. */
export const LOCKED = '!'

/** A hash that costs more than this would let one login stop the server. */
const MOST_MEMORY_KIB = 262_144
const MOST_PASSES = 10
const MOST_LANES = 16

/** By name. Throws SecurityError naming every line that is wrong. */
export function parseUsersFile(text: string, path: string): Map<string, UserRecord> {
  const users = new Map<string, UserRecord>()
  const problems: string[] = []
  for (const [at, line] of linesOf(text).entries()) {
    if (isNoUser(line)) continue
    try {
      const user = parseUser(line)
      if (users.has(user.user)) throw new SecurityError(`there is a second user ${user.user}`)
      users.set(user.user, user)
    } catch (error) {
      problems.push(`line ${at + 1}: ${(error as Error).message}`)
    }
  }
  if (problems.length > 0)
    throw new SecurityError(`The users file ${path} cannot be used: ${problems.join('; ')}.`)
  return users
}

export function linesOf(text: string): string[] {
  return text.replace(/^\uFEFF/, '').split(/\r?\n/)
}

export function isNoUser(line: string): boolean {
  return line.trim() === '' || line.trimStart().startsWith('#')
}

/** The name a line is about, whether or not the rest of it is right. */
export function nameIn(line: string): string {
  return line.split(':', 1)[0]!.normalize('NFC')
}

export function formatUser(draft: Omit<UserRecord, 'roles'> & { readonly roles: readonly string[] }): string {
  const { user, hash, roles, groups } = draft
  return [user, hash, roles.join(','), groups.join(',')].join(':')
}

/** Throws SecurityError. A hash is never part of a message. */
export function checkUser(user: string, roles: readonly string[], groups: readonly string[]): void {
  const flaw = user.includes(':') || user.startsWith('#') ? 'it has a : or begins with #' : nameFlaw(user)
  if (flaw !== null)
    throw new SecurityError(`${JSON.stringify(user.slice(0, 60).toWellFormed())} can be no user: ${flaw}`)
  for (const role of roles)
    if (!isRole(role))
      throw new SecurityError(`${user}: there is no role ${role}; there are ${ROLES.join(', ')}`)
  for (const group of groups)
    if (group === '' || group !== group.trim() || /[:,\p{Cc}]/u.test(group))
      throw new SecurityError(`${user}: ${JSON.stringify(group)} can be no group`)
}

function parseUser(line: string): UserRecord {
  const fields = line.split(':')
  if (fields.length < 2 || fields.length > 4)
    throw new SecurityError(`it has ${fields.length} fields in place of name:hash:roles:groups`)
  const [user, hash, roles, groups] = [nameIn(line), fields[1]!.trim(), listIn(fields[2]), listIn(fields[3])]
  checkUser(user, roles, groups)
  checkHash(user, hash)
  return { user, hash, roles: roles.filter(isRole), groups }
}

function listIn(field = ''): string[] {
  return [...new Set(field.split(',').map(one => one.trim()))].filter(one => one !== '')
}

function checkHash(user: string, hash: string): void {
  if (hash.startsWith(LOCKED)) return
  const options = optionsOf(hash)
  if (options === null)
    throw new SecurityError(`${user}: what stands in the place of the hash is no argon2id hash`)
  const { memoryCost, timeCost, parallelism } = options
  if (memoryCost > MOST_MEMORY_KIB || timeCost > MOST_PASSES || parallelism > MOST_LANES)
    throw new SecurityError(
      `${user}: the hash would take more than ${MOST_MEMORY_KIB} KiB or ${MOST_PASSES} passes`
    )
}

function optionsOf(hash: string): ReturnType<typeof parseOptions> | null {
  // The other variants are older, or weak against whoever has the file.
  if (!hash.startsWith('$argon2id$')) return null
  try {
    return parseOptions(hash)
  } catch {
    return null
  }
}
