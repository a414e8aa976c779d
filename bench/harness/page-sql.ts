// The shapes a search statement can have: one that leaves everything to the planner, and those that stay fast when what is
// looked for is frequent and old (the planner thinks it is spread evenly, and walks through everything newer).

const PAGE = 50

export const NEWEST = 'i.create_time desc, i.instance_id desc'

const COLUMNS = `i.instance_id, i.job_name, i.app_name, i.submitter, i.batch_status, i.exit_status, i.instance_state,
  i.job_xml_name, i.create_time, i.last_updated_time, i.executions`

export function plainPage(where: string | null, orderBy: string): string {
  return /* sql */ `select ${COLUMNS}
from batchyard.job_instance i${where === null ? '' : ` where ${where}`} order by ${orderBy} limit ${PAGE}`
}

/** The newest of each value, then the newest of those; `values` gives rows with a column `value`. */
export function pageOfEach(column: string, values: string): string {
  return /* sql */ `select i.* from (${values}) given (value), lateral (
  select ${COLUMNS} from batchyard.job_instance i where i.${column} = given.value order by ${NEWEST} limit ${PAGE}
) i order by ${NEWEST} limit ${PAGE}`
}

/** The distinct values of a column that an index begins with, one probe for each, as far as they match. */
export function distinctValues(column: string, condition: string): string {
  return /* sql */ `with recursive known (value) as (
  (select ${column} from batchyard.job_instance order by ${column} limit 1)
  union all
  select (select i.${column} from batchyard.job_instance i where i.${column} > known.value order by i.${column} limit 1)
  from known where known.value is not null
) select value from known where value ${condition}`
}

/** By the instance's own time beside each parameter: an index scan in the order of the page. */
export function pageOfParameter(condition: string): string {
  return /* sql */ `select ${COLUMNS} from (
  select distinct on (p.instance_time, p.instance_id) p.instance_id from batchyard.job_parameter p
  where ${condition} order by p.instance_time desc, p.instance_id desc limit ${PAGE}
) found join batchyard.job_instance i using (instance_id) order by ${NEWEST}`
}
