// The front door for a JSL text: one call that says everything that is wrong with it before any value is known.
import { checkIds } from './check-ids.ts'
import { checkReferences } from './check-references.ts'
import { checkStructure } from './check-structure.ts'
import { mapValues, type JobSource, type KnownElement } from './job-source.ts'
import { ProblemList } from './jsl-problem.ts'
import { readJobElement } from './read-elements.ts'
import { textOf } from './read-values.ts'
import { parseXml } from './xml.ts'

/**
 * Reads a JSL text and checks all that does not depend on parameters: XML, structure, ids, values and references as written.
 * Values with `#{…}` are left to `resolveJob`.
 *
 * @throws {JslProblems} with every problem found (of broken XML only the first place)
 */
export function readJob(text: string): JobSource {
  const problems = new ProblemList()
  const root = checkStructure(parseXml(text), problems)
  if (root !== null) {
    checkIds(root, problems)
    const known: KnownElement = mapValues(root, ({ value }) => (typeof value === 'string' ? value : null))
    readJobElement(known, problems)
    checkReferences(known, problems)
    problems.throwIfAny()
    return { id: textOf(known, 'id'), root }
  }
  problems.throwIfAny()
  throw new Error('a JSL without a job must have a problem')
}
