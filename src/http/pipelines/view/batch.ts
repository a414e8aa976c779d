// Batches as document 003 shows them; in a list each is a string that holds its JSON.
import { Type, type Static } from 'typebox'
import {
  BATCH_STATES,
  batchIdOf,
  type BatchState,
  type PipelineBatch,
  STEP_STATES,
  type StepState
} from '../../../batch/pipeline-batch.ts'
import { closedObject } from '../../open-api/closed-object.ts'

const StepView = closedObject(
  {
    state: Type.Unsafe<StepState>({ type: 'string', enum: [...STEP_STATES] }),
    offsets: Type.Record(Type.String({ pattern: '^partition_\\d+$' }), Type.Integer({ minimum: 0 }), {
      description:
        '`partition_<n>` → items read as last committed; empty before it begins, and of a batchlet.'
    })
  },
  { title: 'BatchStep' }
)

export const BatchView = closedObject(
  {
    id: Type.String({ description: '`batch-` and the id of its job instance.' }),
    name: Type.String({ description: 'The pipeline.' }),
    deployment: Type.String({ description: '`run-pipeline/` and the pipeline.' }),
    state: closedObject({
      state: Type.Unsafe<BatchState>({
        type: 'string',
        enum: [...BATCH_STATES],
        description: '`stop`: it has ended, in whatever way; its steps say in which.'
      }),
      steps: Type.Record(Type.String(), StepView)
    })
  },
  { title: 'Batch' }
)

export const BatchesView = closedObject({
  items: Type.Record(Type.String(), Type.String(), {
    description: 'Id → the JSON of the batch as a string; newest first.'
  }),
  token: Type.Union([Type.String(), Type.Null()], { description: '`null` on the last page.' })
})

export function batchView({ instanceId, pipeline, state, steps }: PipelineBatch): Static<typeof BatchView> {
  return {
    id: batchIdOf(instanceId),
    name: pipeline,
    deployment: `run-pipeline/${pipeline}`,
    state: {
      state,
      steps: Object.fromEntries(
        steps.map(step => [
          step.stepName,
          {
            state: step.state,
            offsets: Object.fromEntries([...step.offsets].map(([n, items]) => [`partition_${n}`, items]))
          }
        ])
      )
    }
  }
}
