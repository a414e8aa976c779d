// Says in a job log why the job goes on in the middle, and what its server had at work when it died: else the log would only have
// a gap there.
import { findInterruptions, placeText } from '../store/interruptions.ts'
import type { DispatchOptions } from './dispatch-options.ts'
import type { UnitAtWork } from './unit-at-work.ts'

/** For the root of an execution that was interrupted or gave way. Never rejects. */
export async function noteResumption(
  { db, log, crashBudget }: Pick<DispatchOptions, 'db' | 'log' | 'crashBudget'>,
  { unit: { executionId }, thread }: UnitAtWork
): Promise<void> {
  try {
    const interruptions = await findInterruptions(db, executionId)
    const last = interruptions.at(-1)
    if (last === undefined) {
      thread?.note('The job goes on from its last checkpoint: it had given its thread back.')
      return
    }
    const places = last.places.map(placeText).join('; ')
    thread?.note(
      `The job goes on from its last checkpoint. ${interruptions.length} of ${crashBudget} interruptions that it may have: at ${last.at} ${last.reason}${places === '' ? '' : `, ${places}`}.`
    )
  } catch (error) {
    log.warn({ err: error, executionId }, 'why a job goes on could not be written to its log')
  }
}
