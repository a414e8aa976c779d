// Work for a processor that is the same each time, by a job's partitions and by the bare threads beside them alike.

/** Numbers of a linear congruential generator: about a million of them in a few milliseconds. The last one, so that no compiler drops them. */
export function spin(millions: number): number {
  let state = 1
  for (let at = 0; at < millions * 1_000_000; at++) state = (Math.imul(state, 1_664_525) + 1_013_904_223) | 0
  return state
}
