// Index sets for the lists that are measured against each other before one of them becomes a migration.
import { BATCH_STATUS_ORDINAL } from './history-queries.ts'

export interface IndexSet {
  readonly name: string
  readonly create: readonly string[]
  readonly drop: readonly string[]
}

const ORDINAL = BATCH_STATUS_ORDINAL.replaceAll('i.', '')
const INSTANCE = 'batchyard.job_instance'
const PARAMETER = 'batchyard.job_parameter'

const INDEXES: Readonly<Record<string, string>> = {
  // The order of each single-key sort, and for each exact value its newest.
  bench_updated: `${INSTANCE} (last_updated_time, create_time, instance_id)`,
  bench_job_xml_name: `${INSTANCE} (job_xml_name, create_time, instance_id)`,
  bench_exit_status: `${INSTANCE} (exit_status, create_time, instance_id)`,
  bench_batch_status: `${INSTANCE} ((${ORDINAL}), create_time, instance_id)`,
  // Not set before the end: the versions of a row before it stay out.
  bench_exit_status_trigram: `${INSTANCE} using gin (exit_status gin_trgm_ops) where exit_status is not null`,
  // A b-tree cannot hold a value of 64 KiB.
  bench_parameter: `${PARAMETER} (name, left(value, 200), instance_time, instance_id)`,
  bench_parameter_trigram: `${PARAMETER} using gin (value gin_trgm_ops)`
}

const created = (names: readonly string[]) => names.map(name => `create index ${name} on ${INDEXES[name]}`)
const dropped = (names: readonly string[]) => names.map(name => `drop index batchyard.${name}`)

const ALL = Object.keys(INDEXES)

export const PRESENT: IndexSet = { name: 'present', create: [], drop: [] }

/** Names are looked up among their distinct values, so only exit statuses and parameters need trigrams. */
export const PROPOSED: IndexSet = {
  name: 'proposed',
  create: [
    'create extension if not exists pg_trgm with schema public',
    `alter table ${PARAMETER} add instance_id bigint, add instance_time timestamptz`,
    `update ${PARAMETER} p set instance_id = i.instance_id, instance_time = i.create_time
     from batchyard.job_execution e join ${INSTANCE} i using (instance_id) where e.execution_id = p.execution_id`,
    `vacuum full ${PARAMETER}`,
    ...created(ALL),
    // Name and value depend on each other: without this a value of one name is thought to be of all.
    `create statistics batchyard.bench_parameter on name, (left(value, 200)) from ${PARAMETER}`,
    `vacuum analyze ${INSTANCE}`,
    `vacuum analyze ${PARAMETER}`
  ],
  drop: dropped(ALL)
}

/** What trigrams of the names would add, which every update of an instance writes again. */
export const NAME_TRIGRAMS: IndexSet = {
  name: 'proposed and trigrams of names',
  create: [
    `create index bench_names_trigram on ${INSTANCE} using gin (submitter gin_trgm_ops, app_name gin_trgm_ops, job_name gin_trgm_ops)`
  ],
  drop: dropped(['bench_names_trigram'])
}
