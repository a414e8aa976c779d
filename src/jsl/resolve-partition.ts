// One step and one partition's plan -> the step that partition runs; without it every partition would read the same file.
import { deepFreeze } from './deep-freeze.ts'
import { mapValues } from './job-source.ts'
import type { Properties, Step } from './job-model.ts'
import { ProblemList } from './jsl-problem.ts'
import { readStep } from './read-step.ts'
import { fillPartitionPlan } from './substitute.ts'

/**
 * The step as one partition runs it: `#{partitionPlan['…']}` in its properties, listeners, work and collector replaced
 * (a name the plan does not have is `''`). A step without such expressions comes back unchanged.
 *
 * @throws {JslProblems} if a value of the plan does not fit, as an item-count of "many"
 */
export function resolvePartition(step: Step, partitionPlan: Properties): Step {
  if (step.partitionSource === undefined) return step
  const problems = new ProblemList()
  const known = mapValues(step.partitionSource, ({ value }) => fillPartitionPlan(value, partitionPlan))
  const resolved = readStep(known, problems)
  problems.throwIfAny()
  return deepFreeze(resolved)
}
