// Index sets for the lists that are measured against each other before one of them becomes a migration.
import { BATCH_STATUS_ORDINAL } from './history-queries.ts'

export interface IndexSet {
  readonly name: string
  readonly statements: readonly string[]
}

const ORDINAL = BATCH_STATUS_ORDINAL.replaceAll('i.', '')
const GIN = 'gin_trgm_ops'

/** B-trees that give each single-key sort its order, and each exact value its newest. */
const SORTED: readonly string[] = [
  'create index bench_updated on batchyard.job_instance (last_updated_time, create_time, instance_id)',
  'create index bench_job_xml_name on batchyard.job_instance (job_xml_name, create_time, instance_id)',
  'create index bench_exit_status on batchyard.job_instance (exit_status, create_time, instance_id)',
  `create index bench_batch_status on batchyard.job_instance ((${ORDINAL}), create_time, instance_id)`
]

const PARAMETERS: readonly string[] = [
  // A b-tree cannot hold a value of 64 KiB.
  'create index bench_parameter on batchyard.job_parameter (name, left(value, 200), execution_id)',
  `create index bench_parameter_trigram on batchyard.job_parameter using gin (value ${GIN})`,
  // Name and value depend on each other: without this a value of one name is thought to be of all.
  'create statistics batchyard.bench_parameter on name, (left(value, 200)) from batchyard.job_parameter'
]

const TRIGRAMS: readonly string[] = [
  // Not set before the end: the versions of a row before it stay out.
  `create index bench_exit_status_trigram on batchyard.job_instance using gin (exit_status ${GIN}) where exit_status is not null`,
  `create index bench_names_trigram on batchyard.job_instance using gin (submitter ${GIN}, app_name ${GIN}, job_name ${GIN})`
]

export const PRESENT: IndexSet = { name: 'present', statements: [] }

export const PROPOSED: IndexSet = {
  name: 'proposed',
  statements: [
    'create extension if not exists pg_trgm with schema public',
    ...SORTED,
    ...PARAMETERS,
    ...TRIGRAMS,
    'analyze batchyard.job_instance',
    'analyze batchyard.job_parameter'
  ]
}
