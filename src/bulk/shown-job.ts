// What of a bulk job may be told: secrets among the properties and parameters of its operation are masked everywhere.
import type { BulkJobCreation, BulkOperationRequest } from '../batch/bulk-job.ts'
import { maskedParameters, secretWordsWith } from '../batch/secret-parameters.ts'

export function shownOperation(
  { operation, secretParameters = [] }: Pick<BulkJobCreation, 'operation' | 'secretParameters'>,
  secretWords: readonly string[]
): BulkOperationRequest {
  if (operation.artifact !== undefined) {
    const { artifact } = operation
    return { artifact: { ...artifact, properties: maskedParameters(artifact.properties, secretWords) } }
  }
  const { definition } = operation
  return {
    definition: {
      ...definition,
      parameters: maskedParameters(definition.parameters, secretWordsWith(secretWords, secretParameters))
    }
  }
}

/** What was asked for, as audit and report tell it. */
export function shownCreation(
  creation: BulkJobCreation,
  secretWords: readonly string[]
): Readonly<Record<string, unknown>> {
  const { confirmationRequired, description, priority, tags, manifest, report, failureThreshold } = creation
  const operation = shownOperation(creation, secretWords)
  return { confirmationRequired, description, priority, tags, manifest, operation, report, failureThreshold }
}
