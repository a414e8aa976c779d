// The UnitPort of a thread: every call is a message that its server answers, but for chunks, which have a connection of their own.
import type {
  ChildEvent,
  ChunkTarget,
  ChunkTransactions,
  EndStep,
  FirstStep,
  StartStep,
  UnitOutcome,
  UnitPort
} from '../unit-port.ts'
import { type FromThread, fromWire, type PortMethod, type PortRequest, type ToThread } from './messages.ts'

export type OpenChunks = (target: ChunkTarget) => Promise<ChunkTransactions>

interface Pending {
  resolve(value: unknown): void
  reject(error: Error): void
}

// Over all units of the thread, so that a late reply to one cannot be taken for a reply to the next.
let lastRequestId = 0

/** Lives as long as its unit. */
export class ThreadPort implements UnitPort {
  readonly #post: (message: FromThread) => void
  readonly #openChunks: OpenChunks
  readonly #pending = new Map<number, Pending>()
  readonly #chunks = new Map<string, Promise<ChunkTransactions>>()
  readonly #events: ChildEvent[] = []
  readonly #listeners: ((event: ChildEvent) => void)[] = []
  #firstStep: FirstStep | null
  #lastStep: EndStep | null = null

  /** `firstStep`: started with the unit. */
  constructor(post: (message: FromThread) => void, openChunks: OpenChunks, firstStep: FirstStep | null) {
    this.#post = post
    this.#firstStep = firstStep
    this.#openChunks = openChunks
  }

  /** Takes in what the server sent for this unit; answers to requests of another are ignored. */
  receive(message: Extract<ToThread, { type: 'reply' | 'refused' | 'childEvent' }>): void {
    if (message.type === 'childEvent') {
      const listener = this.#listeners.shift()
      if (listener) listener(message.event)
      else this.#events.push(message.event)
      return
    }
    const pending = this.#pending.get(message.id)
    this.#pending.delete(message.id)
    if (message.type === 'reply') pending?.resolve(message.value)
    else pending?.reject(fromWire(message.error))
  }

  /** The end of a step that goes with the unit's; also of one that was started with the unit and never entered. */
  lastStepOf({ batchStatus }: UnitOutcome): EndStep | null {
    if (this.#firstStep === null) return this.#lastStep
    return {
      stepExecutionId: this.#firstStep.started.stepExecutionId,
      batchStatus,
      exitStatus: batchStatus,
      jobExitStatus: null,
      persistentUserData: null,
      message: null,
      metrics: null
    }
  }

  startStep(step: StartStep): ReturnType<UnitPort['startStep']> {
    const first = this.#firstStep
    this.#firstStep = null
    if (first?.stepName === step.stepName) return Promise.resolve(first.started)
    return this.#request('startStep', [step])
  }

  endStep(step: EndStep): ReturnType<UnitPort['endStep']> {
    if (step.endsUnit === true) {
      this.#lastStep = step
      return Promise.resolve(step.batchStatus)
    }
    return this.#request('endStep', [step])
  }

  startPartitions(...args: Parameters<UnitPort['startPartitions']>): Promise<void> {
    return this.#request('startPartitions', args)
  }

  startFlows(split: string, flows: readonly string[]): Promise<void> {
    return this.#request('startFlows', [split, flows])
  }

  sendCollected(data: unknown): Promise<void> {
    return this.#request('sendCollected', [data])
  }

  collectedStands(): void {
    this.#post({ type: 'collectedStands' })
  }

  stepExecutions(stepExecutionIds: readonly number[]): ReturnType<UnitPort['stepExecutions']> {
    return this.#request('stepExecutions', [stepExecutionIds])
  }

  systemTask(task: Readonly<Record<string, string>>): Promise<string> {
    return this.#request('systemTask', [task])
  }

  nextChildEvent(): Promise<ChildEvent> {
    const event = this.#events.shift()
    if (event) return Promise.resolve(event)
    return new Promise(resolve => this.#listeners.push(resolve))
  }

  partOpened(relativePath: string): void {
    this.#post({ type: 'partOpened', relativePath })
  }

  chunks(target: ChunkTarget): Promise<ChunkTransactions> {
    const key = JSON.stringify(target)
    const opened = this.#chunks.get(key) ?? this.#openChunks(target)
    this.#chunks.set(key, opened)
    return opened
  }

  #request<M extends PortMethod>(method: M, args: Parameters<UnitPort[M]>): ReturnType<UnitPort[M]> {
    const answer = new Promise<unknown>((resolve, reject) => {
      const id = ++lastRequestId
      // Posted first: what cannot be cloned rejects this request and leaves nothing pending.
      this.#post({ type: 'request', id, method, args } as PortRequest)
      this.#pending.set(id, { resolve, reject })
    })
    return answer as ReturnType<UnitPort[M]>
  }
}
