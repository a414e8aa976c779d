// The roles somebody can have, by Liberty's names: without one list the users file, tokens and the rules would each have their own.

export const ROLES = [
  'batchAdmin',
  'batchSubmitter',
  'batchMonitor',
  'batchGroupAdmin',
  'batchGroupMonitor'
] as const

/**
 * batchAdmin may everything; batchSubmitter submits, and sees and changes his own; batchMonitor sees all; the group roles see
 * (and, as admin, change) what belongs to one of their operation groups.
 */
export type Role = (typeof ROLES)[number]

export function isRole(name: string): name is Role {
  return (ROLES as readonly string[]).includes(name)
}
