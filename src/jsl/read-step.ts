// `<step>`: its limits, listeners, work, partitions and transitions.
import type { KnownElement } from './job-source.ts'
import type { ArtifactRef, Batchlet, Chunk, Step } from './job-model.ts'
import type { ProblemList } from './jsl-problem.ts'
import { readArtifact, readListeners } from './read-artifact.ts'
import { readChunk } from './read-chunk.ts'
import { readPartition } from './read-partition.ts'
import { readTimeLimit } from './read-time-limit.ts'
import { readTransitions } from './read-transitions.ts'
import { childOf, flag, optionalText, readProperties, textOf, wholeNumber } from './read-values.ts'

const NOTHING: ArtifactRef = { ref: '', properties: {}, line: 0 }

/** JSR-352 §8.2. What waits for a partition is empty or default here, and comes along in `partitionSource`. */
export function readStep(element: KnownElement, problems: ProblemList): Step {
  const partition = childOf(element, 'partition')
  const timeLimit = readTimeLimit(element, problems)
  return {
    kind: 'step',
    id: textOf(element, 'id'),
    line: element.line,
    startLimit: wholeNumber(element, 'start-limit', { absent: 0 }, problems),
    allowStartIfComplete: flag(element, 'allow-start-if-complete', false, problems),
    next: optionalText(element, 'next'),
    properties: readProperties(childOf(element, 'properties'), problems),
    listeners: readListeners(element, problems),
    work: readWork(element, problems),
    partition: partition === undefined ? null : readPartition(partition, problems),
    transitions: readTransitions(element),
    ...(timeLimit === null ? {} : { timeLimit }),
    ...(element.late === undefined ? {} : { partitionSource: element.late })
  }
}

function readWork(step: KnownElement, problems: ProblemList): Batchlet | Chunk {
  const chunk = childOf(step, 'chunk')
  if (chunk !== undefined) return readChunk(chunk, problems)
  const batchlet = childOf(step, 'batchlet')
  // A step with neither was reported with the structure.
  return { kind: 'batchlet', artifact: batchlet === undefined ? NOTHING : readArtifact(batchlet, problems) }
}
