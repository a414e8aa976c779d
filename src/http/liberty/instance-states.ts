// The grammar of `instanceState` in a query.
import { BatchError } from '../../batch/batch-error.ts'
import { INSTANCE_STATES, type InstanceState } from '../../batch/instance-state.ts'

/** States with commas between, in any case, blanks around them. */
export function instanceStatesOf(text: string): InstanceState[] {
  return text
    .replace(/,+$/, '')
    .split(',')
    .map(part => {
      const name = part.trim().toUpperCase()
      const state = INSTANCE_STATES.find(each => each === name)
      if (state !== undefined) return state
      const asked = JSON.stringify(part.slice(0, 60).toWellFormed())
      throw new BatchError('ParameterInvalid', [
        'instanceState',
        `${asked} is no instance state; they are: ${INSTANCE_STATES.join(', ')}.`
      ])
    })
}
