// Asks an artifact for the method its place in the JSL calls: without it a wrong `ref` would fail as "x is not a function".
import type { ArtifactRef } from '../jsl/job-model.ts'

/** The artifact as what its reference must be. @throws Error naming reference, line and method when it has no such method */
export function withMethod<Artifact extends object>(
  artifact: object,
  ref: ArtifactRef,
  method: keyof Artifact & string
): Artifact {
  if (typeof (artifact as Record<string, unknown>)[method] === 'function') return artifact as Artifact
  throw new Error(`The artifact ${ref.ref} (line ${ref.line} of the JSL) has no method ${method}`)
}
