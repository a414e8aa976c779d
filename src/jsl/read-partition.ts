// `<partition>`: how many parallel copies of a step there are, and what each is told.
import { givenAttribute, childOf, childrenOf, readProperties, wholeNumber } from './read-values.ts'
import type { KnownElement } from './job-source.ts'
import type { Partition, PartitionPlan, Properties } from './job-model.ts'
import type { ProblemList } from './jsl-problem.ts'
import { readArtifact, readOptionalArtifact } from './read-artifact.ts'

/** The most partitions a plan may ask for: each is a record and a unit of work, and a typing error is soon made. */
export const MAX_PARTITIONS = 100_000

/** JSR-352 §8.2.6. A partition element with neither plan nor mapper is a plan of one partition. */
export function readPartition(element: KnownElement, problems: ProblemList): Partition {
  const mapper = childOf(element, 'mapper')
  return {
    plan:
      mapper === undefined
        ? readPlan(childOf(element, 'plan'), problems)
        : { kind: 'mapper', artifact: readArtifact(mapper, problems) },
    collector: readOptionalArtifact(element, 'collector', problems),
    analyzer: readOptionalArtifact(element, 'analyzer', problems),
    reducer: readOptionalArtifact(element, 'reducer', problems)
  }
}

function readPlan(plan: KnownElement | undefined, problems: ProblemList): PartitionPlan {
  if (plan === undefined) return { kind: 'plan', partitions: 1, threads: 0, properties: [] }
  const partitions = wholeNumber(plan, 'partitions', { absent: 1, most: MAX_PARTITIONS }, problems)
  const threads = wholeNumber(plan, 'threads', { absent: 0 }, problems)
  // Not known yet: only what no plan could have is wrong.
  const known = plan.attributes['partitions']?.value !== null
  return {
    kind: 'plan',
    partitions,
    threads,
    properties: readPlanProperties(plan, known ? partitions : null, problems)
  }
}

function readPlanProperties(plan: KnownElement, partitions: number | null, problems: ProblemList) {
  const byPartition = new Map<number, Properties>()
  for (const list of childrenOf(plan, 'properties')) {
    const properties = readProperties(list, problems)
    const attribute = list.attributes['partition']
    if (attribute?.value === null) continue
    const most = MAX_PARTITIONS - 1
    const partition = wholeNumber(list, 'partition', { absent: null, most }, problems)
    if (partition === null) {
      if (givenAttribute(list, 'partition') === null) {
        problems.add(attribute ?? list, '<properties> in a <plan> needs partition="n", counted from 0')
      }
    } else if (byPartition.has(partition)) {
      problems.add(attribute ?? list, `the plan has two <properties> for partition ${partition}; keep one`)
    } else if (partitions !== null && partition >= partitions) {
      const numbers = partitions === 0 ? 'none' : `0 to ${partitions - 1}`
      problems.add(
        attribute ?? list,
        `partition ${partition} does not exist: the plan has ${partitions} (${numbers})`
      )
    } else {
      byPartition.set(partition, properties)
    }
  }
  const last = Math.max(-1, ...byPartition.keys())
  return Array.from({ length: last + 1 }, (_, partition) => byPartition.get(partition) ?? {})
}
