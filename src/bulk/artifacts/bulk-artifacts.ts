// The artifacts of a bulk job's chunk step, which every application has: its operation is the application's, the rest is ours.
import type { BuiltInArtifacts } from '../../applications/artifact-registry.ts'
import { BulkLedgerWriter } from './bulk-ledger-writer.ts'
import { bulkOperationProcessor } from './bulk-operation-processor.ts'
import { BulkRunReader, bulkRunOutcome } from './bulk-run-reader.ts'
import { BulkTaskReader } from './bulk-task-reader.ts'

export const BULK_ARTIFACTS: BuiltInArtifacts = {
  bulkTaskReader: () => BulkTaskReader,
  bulkOperation: bulkOperationProcessor,
  bulkRunReader: () => BulkRunReader,
  bulkRunOutcome: () => bulkRunOutcome,
  bulkLedger: () => BulkLedgerWriter
}
