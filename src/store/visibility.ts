// Whose job instances somebody sees, as a condition: filtered before the page is cut, or pages would have holes.

/** His own, and those of an operation group of his. `null` in place of it = all. */
export interface Visibility {
  readonly submitter: string
  readonly operationGroups: readonly string[]
}

/** For a table or alias `instance` of job_instance. `null` = all. */
export function visibleTo(
  visibility: Visibility | null,
  instance = 'job_instance'
): { readonly condition: string; readonly bindings: Readonly<Record<string, unknown>> } {
  if (visibility === null) return { condition: 'true', bindings: {} }
  const own = `${instance}.submitter = :visibleSubmitter`
  if (visibility.operationGroups.length === 0)
    return { condition: own, bindings: { visibleSubmitter: visibility.submitter } }
  return {
    // The first half is the predicate of the index, which PostgreSQL does not conclude from the second.
    condition: `(${own} or (${instance}.operation_groups <> '{}' and ${instance}.operation_groups && :visibleGroups::text[]))`,
    bindings: { visibleSubmitter: visibility.submitter, visibleGroups: visibility.operationGroups }
  }
}
