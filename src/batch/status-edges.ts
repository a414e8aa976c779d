// What all status tables share: an edge of a state chart, and the two questions a guard asks of it.

/** One allowed move of a status: `by` names the operation that may make it. */
export interface StatusEdge<Status extends string, Event extends string> {
  readonly from: Status
  readonly to: Status
  readonly by: Event
}

/** The statuses from which `by` may move to `to`: the `where status in (…)` of the guarded update. Never empty. */
export function statusesBefore<Status extends string, Event extends string>(
  edges: readonly StatusEdge<Status, Event>[],
  to: Status,
  by: Event
): Status[] {
  const before = edges.filter(edge => edge.to === to && edge.by === by).map(edge => edge.from)
  if (before.length === 0) throw new Error(`no edge leads to ${to} by ${by}`)
  return before
}
