// Runs a batchlet: process here, and stop beside it while process is under way (JSR-352 §8.2.2, §11.13).
import type { Batchlet } from '../../batch/artifacts.ts'
import type { ArtifactRef } from '../../jsl/job-model.ts'
import { fromArtifact, toError } from '../artifact-error.ts'
import { withMethod } from '../required-method.ts'
import type { StopRequest } from '../stop-request.ts'
import type { StepOutcome } from './step-outcome.ts'
import type { StepScope } from './step-scope.ts'

/** Never rejects with anything but what creating the artifact rejects with. */
export async function runBatchlet(scope: StepScope, ref: ArtifactRef): Promise<StepOutcome> {
  const { stop } = scope
  const batchlet = withMethod<Batchlet>(await scope.createArtifact(ref), ref, 'process')
  if (stop.requested) return { kind: 'stopped' }
  const forget = stop.onRequest(() => {
    if (typeof batchlet.stop !== 'function') return
    // Not awaited: process decides when it ends, and a stop that never settles must not hold it up.
    fromArtifact(() => batchlet.stop!()).catch((error: unknown) =>
      scope.log.warn(`stop of batchlet ${ref.ref} failed; the step goes on until process returns.`, error)
    )
  })
  try {
    const returned = await fromArtifact(() => batchlet.process())
    // A stop that was asked for ends STOPPED, also when process came to its end regardless.
    return { kind: stop.requested ? 'stopped' : 'completed', returned }
  } catch (thrown) {
    const error = toError(thrown)
    return isAbort(stop, error) ? { kind: 'stopped' } : { kind: 'failed', error }
  } finally {
    forget()
  }
}

/** Whoever hands his signal on (fetch, timers, streams) is rejected with its reason or an AbortError: that is how he stops, no failure. */
function isAbort(stop: StopRequest, error: Error): boolean {
  if (!stop.requested) return false
  const reason: unknown = stop.signal.reason
  return error === reason || error.cause === reason || error.name === 'AbortError'
}
