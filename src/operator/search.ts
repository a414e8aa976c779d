// Searching for job instances as the rooms above word it, and what of the repository a caller's searches may look at.
import type { InstanceScope } from '../store/instance-selection.ts'
import { visibilityOf, writesAll } from './authorization.ts'
import type { Caller } from './caller.ts'
import type { OperatorOptions } from './operator-options.ts'

export {
  ALL_INSTANCES,
  type InstanceIds,
  type InstanceSearch,
  type InstanceSelection,
  SORT_FIELDS,
  type SortKey,
  type TimeRange
} from '../store/instance-selection.ts'

/** A filter sees what its caller is shown: not other people's jobs, and no value that stands masked in his answers. */
export function scopeOf(
  caller: Caller,
  { secretWords }: Pick<OperatorOptions, 'secretWords'>
): InstanceScope {
  return {
    visibility: visibilityOf(caller),
    secrets: writesAll(caller) ? null : { words: secretWords, shownTo: caller.user }
  }
}
