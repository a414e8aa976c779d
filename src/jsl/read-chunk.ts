// `<chunk>`: what is read, processed and written, and when it is committed.
import { givenAttribute, childOf, childrenOf, checkNotEmpty, textOf, wholeNumber } from './read-values.ts'
import type { KnownElement } from './job-source.ts'
import type { Chunk, ExceptionClassFilter } from './job-model.ts'
import { shown, type ProblemList } from './jsl-problem.ts'
import { readOptionalArtifact, readRequiredArtifact } from './read-artifact.ts'

const DEFAULT_ITEM_COUNT = 10

/** JSR-352 §8.2.1. A limit that is not given is unlimited, a limit of 0 allows none; a time-limit of 0 is none. */
export function readChunk(element: KnownElement, problems: ProblemList): Chunk {
  const checkpointPolicy = readCheckpointPolicy(element, problems)
  const checkpointAlgorithm = readOptionalArtifact(element, 'checkpoint-algorithm', problems)
  if (checkpointPolicy === 'custom' && checkpointAlgorithm === null) {
    const message = 'checkpoint-policy="custom" needs a <checkpoint-algorithm> in the <chunk>'
    problems.add(element.attributes['checkpoint-policy'] ?? element, message)
  }
  return {
    kind: 'chunk',
    checkpointPolicy,
    // With a custom policy the count says nothing, so a 0 there is no reason to refuse a job.
    itemCount: wholeNumber(
      element,
      'item-count',
      { absent: DEFAULT_ITEM_COUNT, least: checkpointPolicy === 'custom' ? 0 : 1 },
      problems
    ),
    timeLimit: wholeNumber(element, 'time-limit', { absent: 0 }, problems),
    skipLimit: wholeNumber(element, 'skip-limit', { absent: null }, problems),
    retryLimit: wholeNumber(element, 'retry-limit', { absent: null }, problems),
    reader: readRequiredArtifact(element, 'reader', problems),
    processor: readOptionalArtifact(element, 'processor', problems),
    writer: readRequiredArtifact(element, 'writer', problems),
    checkpointAlgorithm,
    skippable: readClasses(childOf(element, 'skippable-exception-classes'), problems),
    retryable: readClasses(childOf(element, 'retryable-exception-classes'), problems),
    noRollback: readClasses(childOf(element, 'no-rollback-exception-classes'), problems)
  }
}

function readCheckpointPolicy(element: KnownElement, problems: ProblemList): 'item' | 'custom' {
  const attribute = givenAttribute(element, 'checkpoint-policy')
  const policy = attribute?.value.trim() ?? 'item'
  if (policy === 'item' || policy === 'custom') return policy
  problems.add(attribute ?? element, `checkpoint-policy is ${shown(policy)}; it must be item or custom`)
  return 'item'
}

function readClasses(element: KnownElement | undefined, problems: ProblemList): ExceptionClassFilter {
  const classes = (name: string) =>
    childrenOf(element, name).map(entry => {
      checkNotEmpty(entry, 'class', problems)
      return textOf(entry, 'class').trim()
    })
  return { include: classes('include'), exclude: classes('exclude') }
}
