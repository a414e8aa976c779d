// Who somebody turned out to be, whether by password or by token: one form, so that nobody behind it needs to know which.
import type { Role } from '../batch/role.ts'

export interface Identity {
  readonly user: string
  readonly roles: readonly Role[]
  readonly groups: readonly string[]
}

/** Characters, as the store's column has them. */
const LONGEST_NAME = 256

/** Why this can be no user's name; `null` = it can. NOTSET is the submitter of jobs from before there were users. */
export function nameFlaw(name: string): string | null {
  if (name === '') return 'it is empty'
  if (name.length > LONGEST_NAME) return `it is longer than ${LONGEST_NAME} characters`
  if (name === 'NOTSET') return 'NOTSET is what jobs without a submitter have'
  if (!name.isWellFormed() || /[\p{Cc}\p{Zl}\p{Zp}]/u.test(name)) return 'it has control characters'
  if (name !== name.trim()) return 'it begins or ends with a blank'
  return null
}
