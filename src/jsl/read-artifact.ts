// Every `ref` of a JSL is read here: batchlets, readers, listeners, deciders and all the others have the same shape.
import type { KnownElement } from './job-source.ts'
import type { ArtifactRef } from './job-model.ts'
import type { ProblemList } from './jsl-problem.ts'
import { checkNotEmpty, childOf, childrenOf, readProperties, textOf } from './read-values.ts'

/** An artifact reference; whether an application exports that name is not known here. */
export function readArtifact(element: KnownElement, problems: ProblemList): ArtifactRef {
  checkNotEmpty(element, 'ref', problems)
  return {
    ref: textOf(element, 'ref'),
    properties: readProperties(childOf(element, 'properties'), problems),
    line: element.line
  }
}

/** The artifact of the one child of that name, `null` without. */
export function readOptionalArtifact(
  parent: KnownElement | undefined,
  name: string,
  problems: ProblemList
): ArtifactRef | null {
  const element = childOf(parent, name)
  return element === undefined ? null : readArtifact(element, problems)
}

/** The artifact of a child that must be there; that it is missing was reported with the structure. */
export function readRequiredArtifact(parent: KnownElement, name: string, problems: ProblemList): ArtifactRef {
  return readOptionalArtifact(parent, name, problems) ?? { ref: '', properties: {}, line: parent.line }
}

/** The `<listeners>` of a job or step, in document order. */
export function readListeners(parent: KnownElement, problems: ProblemList): readonly ArtifactRef[] {
  return childrenOf(childOf(parent, 'listeners'), 'listener').map(listener =>
    readArtifact(listener, problems)
  )
}
