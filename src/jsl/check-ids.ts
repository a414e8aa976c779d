// Ids name steps in the store, in job logs and in transitions: each must be a name, short enough to store, and there once.
import { label, type SourceElement } from './job-source.ts'
import { shown, type ProblemList } from './jsl-problem.ts'

/** The longest job id (= job name) and the longest id of another element that can be stored, in characters. */
export const MAX_JOB_ID = 256
export const MAX_ELEMENT_ID = 128

// XML Namespaces: NCName. No colon, no space, no slash, and no dot in front, so an id is also safe in a job log's path.
const NC_NAME = /^[\p{L}\p{Nl}_][\p{L}\p{Nl}\p{M}\p{Nd}\p{Pc}\-.\u00B7]*$/u

/** One space of ids for the whole document, the job's own included (xs:ID). */
export function checkIds(root: SourceElement, problems: ProblemList): void {
  const lines = new Map<string, number>()
  const visit = (element: SourceElement) => {
    const attribute = element.attributes['id']
    if (attribute !== undefined && typeof attribute.value === 'string') {
      const id = attribute.value
      const most = element.name === 'job' ? MAX_JOB_ID : MAX_ELEMENT_ID
      const earlier = lines.get(id)
      if (!NC_NAME.test(id)) {
        const hint = 'a letter or "_", then letters, digits, "-", "_", "."; no expressions'
        problems.add(attribute, `the id ${shown(id)} of <${element.name}> is no XML name (${hint})`)
      } else if (Array.from(id).length > most) {
        problems.add(attribute, `the id of <${element.name}> has more than ${most} characters`)
      } else if (earlier === undefined) {
        lines.set(id, attribute.line)
      } else {
        problems.add(
          attribute,
          `${label(element)} has an id that line ${earlier} has already; ids are unique in a job`
        )
      }
    }
    element.children.forEach(visit)
  }
  visit(root)
}
