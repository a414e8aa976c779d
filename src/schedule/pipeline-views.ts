// Runs of a definition as batches of a pipeline: with all steps of their version, and how far each has come.
import { isFinal } from '../batch/batch-status.ts'
import { batchStateOf, type PipelineBatch, type PipelineStep, stepStateOf } from '../batch/pipeline-batch.ts'
import type { Run } from '../batch/run.ts'
import { outlineOf } from '../jsl/job-outline.ts'
import { readJob } from '../jsl/read-job.ts'
import { LRUCache } from '../service/lru-cache.ts'
import { type BatchStepRow, findDelayed, listBatchSteps } from '../store/batch-steps.ts'
import type { Database } from '../store/database.ts'
import { findDefinitionJsl, findDefinitionVersion } from '../store/definitions.ts'

/** Of a version, which never changes: what its JSL says of its steps. */
interface Outline {
  readonly steps: readonly string[]
  readonly chunkSteps: ReadonlySet<string>
}

/** Versions whose JSL need not be read again. */
const REMEMBERED = 500

export function createPipelineViews(db: Database) {
  const outlines = new LRUCache<string, Outline>(REMEMBERED)

  async function outlineFor(definition: string, version: number): Promise<Outline> {
    const key = `${version} ${definition}`
    const known = outlines.get(key)
    if (known !== undefined) return known
    const stored = await findDefinitionVersion(db, definition, version)
    const source = readJob(await findDefinitionJsl(db, definition, version))
    const { chunkSteps } = outlineOf(source, { jobParameters: {}, systemProperties: {} })
    const outline = { steps: stored?.steps ?? [], chunkSteps: new Set(chunkSteps) }
    outlines.set(key, outline)
    return outline
  }

  return {
    /** In the order given; each is a run of a definition. */
    async of(runs: readonly Run[]): Promise<PipelineBatch[]> {
      if (runs.length === 0) return []
      const instanceIds = runs.map(({ instanceId }) => instanceId)
      const begun = Map.groupBy(await listBatchSteps(db, instanceIds), ({ instanceId }) => instanceId)
      const delayed = await findDelayed(db, instanceIds)
      const batches: PipelineBatch[] = []
      for (const run of runs) {
        const { instanceId, definition, version, batchStatus } = run
        const outline = await outlineFor(definition!, version!)
        batches.push({
          instanceId,
          pipeline: definition!,
          state: batchStateOf(batchStatus, delayed.has(instanceId)),
          steps: stepsOf(outline, begun.get(instanceId) ?? [], isFinal(batchStatus))
        })
      }
      return batches
    }
  }
}

/** In the definition's order; what ran without standing in it (names with parameters in them) follows. */
function stepsOf(
  { steps, chunkSteps }: Outline,
  begun: readonly BatchStepRow[],
  batchEnded: boolean
): PipelineStep[] {
  const rows = new Map(begun.map(row => [row.stepName, row]))
  const all = [...steps, ...[...rows.keys()].filter(name => !steps.includes(name))]
  return all.map(stepName => {
    const row = rows.get(stepName)
    // What failed before a restart has not begun yet in the execution that is under way.
    const ahead = row !== undefined && !row.ofLatest && row.batchStatus !== 'COMPLETED' && !batchEnded
    if (row === undefined || ahead) return { stepName, state: 'none', offsets: new Map() }
    const readsItems = row.readsItems || chunkSteps.has(stepName)
    const offsets = Object.entries(readsItems ? row.itemsRead : {}).map(
      ([n, items]) => [Number(n), items] as const
    )
    return { stepName, state: stepStateOf(row.batchStatus), offsets: new Map(offsets) }
  })
}
