// A JSL and the values of one execution -> the model the engine runs.
import { checkReferences } from './check-references.ts'
import { deepFreeze } from './deep-freeze.ts'
import { mapValues, type JobSource, type KnownElement, type LateElement } from './job-source.ts'
import { rememberLast } from './last-result.ts'
import type { JobModel } from './job-model.ts'
import { ProblemList } from './jsl-problem.ts'
import { readJobElement } from './read-elements.ts'
import { hasLateValues, substituteJob, type SubstitutionValues } from './substitute-job.ts'

/**
 * Substitutes all but `partitionPlan` and checks every value again. The model is frozen and plain data.
 *
 * @throws {JslProblems} with every value or reference that does not fit now
 */
export function resolveJob(
  source: JobSource,
  { jobParameters, systemProperties }: SubstitutionValues
): JobModel {
  return resolved(source, { jobParameters, systemProperties })
}

const resolved = rememberLast((source: JobSource, values: SubstitutionValues): JobModel => {
  const problems = new ProblemList()
  const known = knownElement(substituteJob(source.root, values))
  const model = readJobElement(known, problems)
  checkReferences(known, problems)
  problems.throwIfAny()
  return deepFreeze(model)
})

/** What waits for a partition is unknown; the steps concerned keep their source. */
function knownElement(element: LateElement): KnownElement {
  if (element.name === 'step') {
    const known = mapValues(element, ({ value }) => (typeof value === 'string' ? value : null))
    return hasLateValues(element) ? { ...known, late: element } : known
  }
  const own = mapValues({ ...element, children: [] }, ({ value }) =>
    typeof value === 'string' ? value : null
  )
  return { ...own, children: element.children.map(knownElement) }
}
