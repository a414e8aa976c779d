// What a job consists of, without the values it runs with: its steps, and what could be misspelt without being wrong.
import type { JslElement, JobSource } from './job-source.ts'
import type { JslProblem, Position } from './jsl-problem.ts'
import { shown } from './jsl-problem.ts'
import { slipIn } from './job-properties.ts'
import { substituteJob, type SubstitutionValues } from './substitute-job.ts'

export interface ArtifactReference extends Position {
  readonly ref: string
}

export interface JobOutline {
  /** Ids of all steps, those in flows and splits too, in document order. */
  readonly steps: readonly string[]
  /** Those of them that read items. */
  readonly chunkSteps: readonly string[]
  readonly refs: readonly ArtifactReference[]
  /** Properties that look like ours and are not. */
  readonly slips: readonly JslProblem[]
}

/**
 * With parameters that are missing as empty; what depends on a partition is left out.
 * @throws {JslProblems} if the values grow without end
 */
export function outlineOf({ root }: JobSource, values: SubstitutionValues): JobOutline {
  const steps: string[] = []
  const chunkSteps: string[] = []
  const refs: ArtifactReference[] = []
  const slips: JslProblem[] = []

  function visit(element: JslElement<unknown>, owner: string): void {
    const { id, ref, name } = element.attributes
    if (element.name === 'step' && typeof id?.value === 'string') {
      steps.push(id.value)
      if (element.children.some(child => child.name === 'chunk')) chunkSteps.push(id.value)
    }
    if (typeof ref?.value === 'string' && ref.value !== '')
      refs.push({ ref: ref.value, line: ref.line, column: ref.column })
    if (element.name === 'property' && typeof name?.value === 'string') {
      const slip = slipIn(name.value, owner)
      if (slip !== null)
        slips.push({
          line: name.line,
          column: name.column,
          message: `the property ${shown(name.value)} ${slip}`
        })
    }
    const inner = element.name === 'properties' ? owner : element.name
    for (const child of element.children) visit(child, inner)
  }

  visit(substituteJob(root, values), '')
  return { steps, chunkSteps, refs, slips }
}
