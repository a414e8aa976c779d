// What a restart would do (`dryRun=true`): ours, Liberty has no such thing.
import { Type, type Static } from 'typebox'
import type { CheckpointSummary, RestartPreview } from '../../../operator/preview-restart.ts'
import { closedObject } from '../../open-api/closed-object.ts'
import { TextOrNull } from '../../open-api/words.ts'

const Will = Type.Unsafe<RestartPreview['steps'][number]['will']>({
  type: 'string',
  enum: ['skip', 'run', 'resume'],
  description: '`resume`: from its checkpoint, or with its partitions of before.'
})

const Checkpoint = closedObject(
  {
    chunkNumber: Type.Integer({ description: 'Chunks committed up to it.' }),
    itemsRead: Type.Integer(),
    readerCheckpoint: TextOrNull,
    writerCheckpoint: TextOrNull
  },
  { title: 'CheckpointSummary', description: 'What job code stored is shown as text, cut where it is long.' }
)

const From = Type.Union([Checkpoint, Type.Null()])

export const RestartPreviewView = closedObject(
  {
    restartable: Type.Boolean({ description: 'A restart would be accepted.' }),
    reason: Type.Union([Type.String(), Type.Null()], {
      description: 'Why it would not; or, of one that would be accepted, why it would end FAILED.'
    }),
    steps: Type.Array(
      closedObject({
        stepName: Type.String(),
        will: Will,
        from: From,
        partitions: Type.Array(closedObject({ partitionNumber: Type.Integer(), will: Will, from: From })),
        certain: Type.Boolean({
          description:
            'It is come to if all that runs before it completes; else that hangs on an exit status or a decision too.'
        }),
        why: TextOrNull
      }),
      { description: 'In the order in which they are come to.' }
    ),
    parameters: Type.Record(Type.String(), closedObject({ before: TextOrNull, after: TextOrNull }), {
      description: 'Of the newest execution and of the restart; secrets are masked.'
    }),
    definition: closedObject({
      changed: Type.Boolean({
        description: 'A submit would take another JSL now; a restart runs that of its submit.'
      }),
      note: TextOrNull
    })
  },
  { title: 'RestartPreview' }
)

export function restartPreviewView(preview: RestartPreview): Static<typeof RestartPreviewView> {
  const { restartable, reason, steps, parameters, definition } = preview
  return {
    restartable,
    reason,
    steps: steps.map(({ stepName, will, from, partitions, certain, why }) => ({
      stepName,
      will,
      from: checkpointView(from),
      partitions: partitions.map(partition => ({
        partitionNumber: partition.partitionNumber,
        will: partition.will,
        from: checkpointView(partition.from)
      })),
      certain,
      why
    })),
    parameters: Object.fromEntries(parameters),
    definition: { changed: definition.changed, note: definition.note }
  }
}

function checkpointView(from: CheckpointSummary | null): Static<typeof From> {
  if (from === null) return null
  const { chunkNumber, itemsRead, readerCheckpoint, writerCheckpoint } = from
  return { chunkNumber, itemsRead, readerCheckpoint, writerCheckpoint }
}
