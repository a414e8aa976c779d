// A partition's collector: when it is asked, and how what it gives comes to the analyzer on the step's thread (JSR-352 §11.5).
import { serialize } from 'node:v8'
import type { PartitionCollector } from '../../batch/artifacts.ts'
import { fromArtifact, unlessFenced } from '../artifact-error.ts'
import type { ChunkHooks } from '../chunk/chunk-run.ts'
import { withMethod } from '../required-method.ts'
import type { UnitScope } from '../unit-scope.ts'
import { storedCopy } from './persistent-user-data.ts'
import type { StepScope } from './step-scope.ts'

/** Bytes of one piece of data on its way to another server. */
const MOST_BYTES = 1024 * 1024

interface Collector {
  /** At the end of a partition; what the collector throws. */
  readonly collect: () => Promise<void>
  /** For its chunks. */
  readonly hooks: ChunkHooks
}

const WHAT = 'What the partition collector answered'

/** Without a collector nothing happens; without an analyzer it is asked, and that is all. */
export async function collectorOf(unit: UnitScope, scope: StepScope): Promise<Collector> {
  const { collector, analyzer } = scope.step.partition ?? { collector: null, analyzer: null }
  if (collector === null) return { collect: async () => {}, hooks: {} }
  const created = await scope.createArtifact(collector)
  const artifact = withMethod<PartitionCollector>(created, collector, 'collectPartitionData')
  const ask = async (): Promise<unknown> => await fromArtifact(() => artifact.collectPartitionData())
  const { remote = false, elsewhere = false } = unit.order.partition ?? {}
  const collect = async () => {
    const data = await ask()
    if (remote && analyzer !== null) bytesOf(data)
    if (analyzer !== null) await unit.port.sendCollected(storedCopy(data, WHAT))
  }
  if (elsewhere && analyzer !== null)
    return { collect, hooks: hooksWithin(unit, async () => bytesOf(await ask())) }
  return { collect, hooks: { afterCheckpoint: async wrote => (wrote ? await collect() : undefined) } }
}

/**
 * To another server the data go in the transaction of their chunk, so that both stand or neither: the collector is asked just
 * before the commit. A failure of it does what it does after a commit: the chunk stands, and the step ends FAILED.
 */
function hooksWithin(unit: UnitScope, collect: () => Promise<Uint8Array | null>): ChunkHooks {
  let failure: Error | null = null
  let given = false
  return {
    async withinCommit() {
      failure = null
      given = false
      try {
        const data = await collect()
        given = true
        return { data }
      } catch (thrown) {
        failure = unlessFenced(thrown)
        return null
      }
    },
    async afterCheckpoint(wrote) {
      if (wrote && failure !== null) throw failure
      if (wrote && given) unit.port.collectedStands()
    }
  }
}

/** As the store keeps structured clones; `null` for nothing. */
function bytesOf(data: unknown): Uint8Array | null {
  const copy = storedCopy(data, WHAT)
  if (copy === null) return null
  const bytes = serialize(copy)
  if (bytes.length > MOST_BYTES)
    throw new Error(
      `${WHAT} has ${bytes.length} bytes: an analyzer on another server can be given ${MOST_BYTES} at a time`
    )
  return bytes
}
