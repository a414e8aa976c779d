// What all status tables share: an edge of a state chart.

/** One allowed move of a status: `by` names the operation that may make it. */
export interface StatusEdge<Status extends string, Event extends string> {
  readonly from: Status
  readonly to: Status
  readonly by: Event
}
