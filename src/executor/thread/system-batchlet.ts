// The batchlet of the server's own batches: their work needs the operator, which lives in the server, so it is asked there. The
// server does it only for runs of its own definitions, whoever names this artifact in a JSL.
import type { BuiltInArtifacts } from '../../applications/artifact-registry.ts'
import type { Injected } from '../../batch/artifacts.ts'
import { SYSTEM_BATCHLET } from '../../batch/system-batch.ts'
import { unitAtWork } from './unit-at-work.ts'

class SystemBatchlet {
  readonly #injected: Injected

  constructor(injected: Injected) {
    this.#injected = injected
  }

  async process(): Promise<string> {
    const unit = unitAtWork()
    if (unit === null) throw new Error('a task of the server is done by a unit at work')
    const given = Object.entries(this.#injected.properties).filter(([, value]) => value !== undefined)
    const said = await unit.port.systemTask(Object.fromEntries(given) as Record<string, string>)
    this.#injected.log.info(said)
    return 'COMPLETED'
  }

  /** The task goes on to its end, which is near: it is in the server's hands. */
  stop(): void {}
}

export const SYSTEM_ARTIFACTS: BuiltInArtifacts = { [SYSTEM_BATCHLET]: () => SystemBatchlet }
