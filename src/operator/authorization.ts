// Who may do what: Liberty's role table in one place, without its holes (docs/security.md shows it).
import { BatchError } from '../batch/batch-error.ts'
import { ROLES, type Role } from '../batch/role.ts'
import type { Owner } from '../store/owners.ts'
import type { Visibility } from '../store/visibility.ts'
import type { Caller } from './caller.ts'

type Owned = Omit<Owner, 'instanceId'>

/** Refuses with RoleMissing whoever has none of these. */
export function requireRole(caller: Caller, ...anyOf: readonly Role[]): void {
  if (!hasRole(caller, ...anyOf)) throw new BatchError('RoleMissing', [caller.user, listed(anyOf)])
}

/** Who may see nothing at all may not even search. */
export function requireAnyRole(caller: Caller): void {
  requireRole(caller, ...ROLES)
}

export function requireSubmit(caller: Caller): void {
  if (!hasRole(caller, 'batchAdmin', 'batchSubmitter'))
    throw new BatchError('SubmitNotAuthorized', [caller.user])
}

/** Purges of many, which never fail for a single instance, are for those who may purge any. */
export function requirePurge(caller: Caller): void {
  requireRole(caller, 'batchAdmin', 'batchSubmitter', 'batchGroupAdmin')
}

export function requireRead(caller: Caller, owner: Owner): void {
  requireAnyRole(caller)
  if (!mayRead(caller, owner)) throw refusal(caller, owner)
}

export function requireWrite(caller: Caller, owner: Owner): void {
  requireAnyRole(caller)
  if (!mayWrite(caller, owner)) throw refusal(caller, owner)
}

/** Whoever this is true of needs no look at the owner. */
export function readsAll(caller: Caller): boolean {
  return hasRole(caller, 'batchAdmin', 'batchMonitor')
}

export function writesAll(caller: Caller): boolean {
  return hasRole(caller, 'batchAdmin')
}

export function mayRead(caller: Caller, owner: Owned): boolean {
  return (
    readsAll(caller) ||
    isOwn(caller, owner) ||
    (hasRole(caller, 'batchGroupAdmin', 'batchGroupMonitor') && inGroup(caller, owner))
  )
}

/** The product lets a submitter who is also a monitor change what is not his; that is not copied. */
export function mayWrite(caller: Caller, owner: Owned): boolean {
  return (
    writesAll(caller) ||
    isOwn(caller, owner) ||
    (hasRole(caller, 'batchGroupAdmin') && inGroup(caller, owner))
  )
}

/** Whose instances `mayWrite` lets him change, who may not change all. */
export function writeReachOf(caller: Caller): {
  readonly submitter: string | null
  readonly operationGroups: readonly string[]
} {
  return {
    submitter: hasRole(caller, 'batchSubmitter') ? caller.user : null,
    operationGroups: hasRole(caller, 'batchGroupAdmin') ? caller.groups : []
  }
}

/** Values of secret parameters are for whoever gave them, and for administrators of the server. */
export function seesSecrets(caller: Caller, { submitter }: Pick<Owned, 'submitter'>): boolean {
  return hasRole(caller, 'batchAdmin') || caller.user === submitter
}

/**
 * What lists show; `null` = all. As in the product, the group roles alone list their user's own jobs too, though looking at
 * one of them takes its group.
 */
export function visibilityOf(caller: Caller): Visibility | null {
  requireAnyRole(caller)
  if (readsAll(caller)) return null
  const operationGroups = hasRole(caller, 'batchGroupAdmin', 'batchGroupMonitor') ? caller.groups : []
  return { submitter: caller.user, operationGroups }
}

/** What is refused in a list of many is told there, not thrown. */
export function refusal(caller: Caller, { instanceId }: Pick<Owner, 'instanceId'>): BatchError {
  return new BatchError('InstanceNotAuthorized', [caller.user, instanceId])
}

function hasRole({ roles }: Caller, ...anyOf: readonly Role[]): boolean {
  return roles.some(role => anyOf.includes(role))
}

function isOwn(caller: Caller, { submitter }: Owned): boolean {
  return hasRole(caller, 'batchSubmitter') && caller.user === submitter
}

function inGroup(caller: Caller, { operationGroups }: Owned): boolean {
  return operationGroups.some(group => caller.groups.includes(group))
}

function listed(roles: readonly Role[]): string {
  return roles.length === 1 ? `the role ${roles[0]}` : `one of the roles ${roles.join(', ')}`
}
