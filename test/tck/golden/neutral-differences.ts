// Where engines may call artifacts in another order, or more often, and both are right: the one table of it.
import type { ComparedCall } from './golden-recording.ts'

type Calls = readonly ComparedCall[]

export interface NeutralDifference {
  readonly name: string
  /** Brings the calls of one execution to the form that both engines share. */
  readonly normalise: (calls: Calls) => Calls
}

/** JSR-352 §11 shows no order for any of them, or leaves it to the engine. */
export const NEUTRAL_DIFFERENCES: readonly NeutralDifference[] = [
  {
    // JBeret asks the reader after each item it skips, to know where to go on; nobody sees that checkpoint.
    name: 'a checkpointInfo after a skipped read or process',
    normalise: calls =>
      calls.filter((call, at) => !(call.method === 'checkpointInfo' && skipped(calls[at - 1])))
  },
  {
    // A skipped write ends its chunk: we commit the chunk, as the reference implementation; JBeret rolls it back.
    name: 'afterChunk after a skipped write',
    normalise: calls =>
      calls.filter(
        (call, at) => !(call.method === 'afterChunk' && dropped(lastBefore(calls, at, 'afterChunk')))
      )
  },
  {
    // §11.9 closes before the listeners and the rollback, JBeret after them.
    name: 'the order of close and onError',
    normalise: calls => sortedRuns(calls, new Set(['onError', 'close']), 'onError')
  },
  {
    // One reference is one instance here, whatever it listens to; JBeret makes one for the step and one for its chunks.
    name: 'instances of a listener to both a step and its chunks',
    normalise: withoutNumbersOfMixed
  },
  {
    name: 'the class of the job operator',
    normalise: calls => calls.map(call => (isOperator(call.ret) ? { ...call, ret: 'a job operator' } : call))
  }
]

const SKIPS = new Set(['onSkipReadItem', 'onSkipProcessItem', 'onReadError', 'onProcessError'])

function skipped(before: ComparedCall | undefined): boolean {
  if (before === undefined) return false
  return (
    SKIPS.has(before.method) || (before.throws !== null && /^(readItem|processItem)$/.test(before.method))
  )
}

function dropped(before: ComparedCall | undefined): boolean {
  if (before === undefined) return false
  const { method, throws } = before
  return (
    method === 'onSkipWriteItem' || method === 'onWriteError' || (method === 'writeItems' && throws !== null)
  )
}

/** The call before this one, passing over others of the same method: several listeners are told one after the other. */
function lastBefore(calls: Calls, at: number, method: string): ComparedCall | undefined {
  return calls.slice(0, at).findLast(call => call.method !== method)
}

/** In each run of consecutive calls of `methods`, those of `first` come first. */
function sortedRuns(calls: Calls, methods: ReadonlySet<string>, first: string): Calls {
  const sorted: ComparedCall[] = []
  let run: ComparedCall[] = []
  const flush = () => {
    sorted.push(
      ...run.filter(({ method }) => method === first),
      ...run.filter(({ method }) => method !== first)
    )
    run = []
  }
  for (const call of calls) {
    if (methods.has(call.method)) run.push(call)
    else {
      flush()
      sorted.push(call)
    }
  }
  flush()
  return sorted
}

function withoutNumbersOfMixed(calls: Calls): Calls {
  const nameOf = ({ artifact }: ComparedCall) => artifact.split('#')[0]!
  const isOfStep = ({ method }: ComparedCall) => method === 'beforeStep' || method === 'afterStep'
  const ofSteps = new Set(calls.filter(isOfStep).map(nameOf))
  const ofChunks = new Set(calls.filter(call => !isOfStep(call)).map(nameOf))
  const mixed = ofSteps.intersection(ofChunks)
  return calls.map(call => (mixed.has(nameOf(call)) ? { ...call, artifact: nameOf(call) } : call))
}

function isOperator(ret: unknown): boolean {
  return ret === 'RestJobOperator' || (typeof ret === 'string' && /^tckrun\.\w*Op$/.test(ret))
}
