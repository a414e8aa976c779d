// What an application may not write, checked by tsc only (npm run check): each line behind a mark has a mistake that the
// public types find; where one compiles after all, the mark itself is an error.
import type {
  Batchlet,
  BatchStatus,
  CheckpointAlgorithm,
  Decider,
  Injected,
  ItemProcessor,
  ItemReader,
  ItemWriter,
  PartitionAnalyzer,
  PartitionMapper,
  PartitionReducer
} from 'batchyard'

export class Reader implements ItemReader<number, number> {
  // @ts-expect-error: the items are numbers
  readItem(): string {
    return ''
  }

  // @ts-expect-error: the checkpoint is a number, and null at the beginning
  open(checkpoint: string): void {
    if (checkpoint === '') return
  }
}

// @ts-expect-error: a reader without readItem reads nothing
export class Unreadable implements ItemReader {
  close(): void {}
}

// @ts-expect-error: Java's name
export const javaReader: ItemReader = { read: () => null }

// @ts-expect-error: an item goes in
export const processor: ItemProcessor<number> = { processItem: (item: string) => item }

// @ts-expect-error: a writer gets a list, not an item
export const writer: ItemWriter<number> = { writeItems: (item: number) => void item }

// @ts-expect-error: an exit status is a string
export const batchlet: Batchlet = { process: () => 4 }

// @ts-expect-error: a promise of the answer, not a callback
export const algorithm: CheckpointAlgorithm = { isReadyToCheckpoint: () => 'yes' }

// @ts-expect-error: a decision needs an answer
export const decider: Decider = { decide: () => undefined }

// @ts-expect-error: how many partitions?
export const mapper: PartitionMapper = { mapPartitions: () => ({ threads: 2 }) }

const numbered = { partitions: 1, partitionProperties: [{ from: 1 }] }

// @ts-expect-error: properties are strings, as in JSL
export const plan: PartitionMapper = { mapPartitions: () => numbered }

// @ts-expect-error: a partition ends in one of three ways
export const analyzer: PartitionAnalyzer = { analyzeStatus: (status: 'STARTED') => void status }

export const reducer: PartitionReducer = {
  // @ts-expect-error: COMMIT or ROLLBACK
  afterPartitionedStepCompletion: status => void (status === 'COMMITTED')
}

// @ts-expect-error: no such status
export const status: BatchStatus = 'RUNNING'

export function injected({ jobContext, stepContext, properties, connection, chunk }: Injected): string {
  // @ts-expect-error: statuses are the runtime's to set
  jobContext.batchStatus = 'COMPLETED'
  // @ts-expect-error: an exit status is a string
  stepContext.exitStatus = 0
  // @ts-expect-error: metrics are the runtime's to count
  stepContext.metrics.READ_COUNT = 1
  // @ts-expect-error: job and artifact properties are fixed once the job runs
  properties['path'] = ''
  // @ts-expect-error: it cannot be told from elsewhere which chunk it is
  chunk.chunkNumber = 1
  // @ts-expect-error: the runtime commits
  void connection.commit()
  // @ts-expect-error: the property may be missing
  return properties['other']
}
