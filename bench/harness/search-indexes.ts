// The indexes that are there for lists alone: what a job pays for them is measured by doing without.
export const SEARCH_INDEXES: readonly string[] = [
  'job_instance_by_job_xml_name',
  'job_instance_by_update',
  'job_instance_by_batch_status',
  'job_instance_by_exit_status',
  'job_instance_by_exit_status_part',
  'job_parameter_by_value',
  'job_parameter_by_value_part'
]
