// What an application may write, checked by tsc only (npm run check): every form an artifact can have, by the types that
// `import type … from 'batchyard'` offers.
import type {
  Batchlet,
  ChunkListener,
  CheckpointAlgorithm,
  Decider,
  Injected,
  ItemProcessListener,
  ItemProcessor,
  ItemReader,
  ItemReadListener,
  ItemWriteListener,
  ItemWriter,
  JobListener,
  Metrics,
  PartitionAnalyzer,
  PartitionCollector,
  PartitionMapper,
  PartitionPlan,
  PartitionReducer,
  RetryWriteListener,
  SkipReadListener,
  StepExecution,
  StepListener
} from 'batchyard'

interface Line {
  readonly text: string
}

interface Position {
  readonly bytes: number
}

/** A class with generics: the checkpoint that open() gets is what checkpointInfo() gave. */
export class LineReader implements ItemReader<Line, Position> {
  #position: Position = { bytes: 0 }
  readonly #injected: Injected

  constructor(injected: Injected) {
    this.#injected = injected
  }

  open(checkpoint: Position | null): void {
    this.#position = checkpoint ?? { bytes: 0 }
  }

  async readItem(): Promise<Line | null> {
    const path: string | undefined = this.#injected.properties['path']
    return await Promise.resolve(path === undefined ? null : { text: path })
  }

  checkpointInfo(): Position {
    return this.#position
  }
}

/** Synchronous, and with nothing but what is needed. */
export class Counter implements ItemReader<number> {
  #last = 0

  readItem(): number | undefined {
    return this.#last < 10 ? ++this.#last : undefined
  }
}

/** A generator is a reader without an interface. */
export async function* lines({ properties, signal }: Injected): AsyncGenerator<Line> {
  const count = Number(properties['count'] ?? '1')
  for (let line = 0; line < count && !signal.aborted; line++)
    yield await Promise.resolve({ text: String(line) })
}

export const upperCase: ItemProcessor<Line, string> = {
  processItem: ({ text }) => (text === '' ? null : text.toUpperCase())
}

/** A plain function gets what is injected as its last argument. */
export async function shout(line: Line, { log }: Injected): Promise<Line> {
  log.info(line.text)
  return await Promise.resolve({ text: `${line.text}!` })
}

export class LineWriter implements ItemWriter<Line, number> {
  readonly #injected: Injected

  constructor(injected: Injected) {
    this.#injected = injected
  }

  async writeItems(items: Line[]): Promise<void> {
    const { connection, chunk, partitionNumber } = this.#injected
    const { rows } = await connection.query<{ id: number }>('insert into line values ($1) returning id', [
      items[0]?.text
    ])
    const id: number | undefined = rows[0]?.id
    const copied: number = await connection.copy(
      'line',
      ['id', 'text'],
      items.map(({ text }) => [id, text])
    )
    this.#injected.log.info(
      `${copied} of ${chunk.stepName} ${chunk.chunkNumber}, ${partitionNumber ?? 'no partition'}`
    )
  }

  checkpointInfo(): number {
    return 1
  }
}

export class Sleeper implements Batchlet {
  #stop = false

  async process(): Promise<string> {
    return await Promise.resolve(this.#stop ? 'STOPPED EARLY' : 'DONE')
  }

  stop(): void {
    this.#stop = true
  }
}

/** A batchlet that sets no exit status. */
export function quiet({ stepContext, jobContext }: Injected): void {
  stepContext.persistentUserData = { seen: true }
  stepContext.transientUserData = new Map()
  jobContext.exitStatus = null
  const metrics: Readonly<Metrics> = stepContext.metrics
  stepContext.exitStatus = metrics.READ_COUNT > 0 ? 'SOME' : 'NONE'
}

export const everyTenth: CheckpointAlgorithm = {
  isReadyToCheckpoint: () => false,
  checkpointTimeout: () => 30
}

export const decider: Decider = {
  decide: (steps: readonly StepExecution[]) =>
    steps.every(({ batchStatus }) => batchStatus === 'COMPLETED') ? 'NEXT' : 'END'
}

export const mapper: PartitionMapper = {
  async mapPartitions(): Promise<PartitionPlan> {
    return await Promise.resolve({
      partitions: 2,
      threads: 1,
      partitionProperties: [{ from: '1' }, { from: '2' }]
    })
  }
}

export const collector: PartitionCollector<number> = { collectPartitionData: () => 1 }

export class Sum implements PartitionAnalyzer<number> {
  sum = 0

  analyzeCollectorData(data: number): void {
    this.sum += data
  }

  analyzeStatus(batchStatus: 'COMPLETED' | 'FAILED' | 'STOPPED', exitStatus: string): void {
    if (batchStatus !== 'COMPLETED') throw new Error(exitStatus)
  }
}

export const reducer: PartitionReducer = {
  afterPartitionedStepCompletion(status) {
    if (status === 'ROLLBACK') return
  }
}

/** One listener may be several. */
export class Watcher
  implements
    JobListener,
    StepListener,
    ChunkListener,
    ItemReadListener<Line>,
    ItemProcessListener<Line, string>,
    ItemWriteListener<string>,
    SkipReadListener,
    RetryWriteListener<string>
{
  beforeJob(): void {}
  async afterStep(): Promise<void> {
    await Promise.resolve()
  }
  onError(error: Error): void {
    throw error
  }
  afterRead(item: Line | null): void {
    if (item === null) return
  }
  afterProcess(item: Line, result: string | null): void {
    if (result === item.text) return
  }
  beforeWrite(items: string[]): void {
    items.sort()
  }
  onSkipReadItem(error: Error): void {
    if (error.name === 'RangeError') return
  }
  onRetryWriteException(items: string[], error: Error): void {
    throw new Error(`${items.length}`, { cause: error })
  }
}
