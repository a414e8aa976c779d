// A year of job instances as a busy server leaves them, made by the database itself: lists are slow on histories, not on samples.
import pg from 'pg'

/**
 * Fills the empty, migrated database. Few submitters, applications and jobs have most instances (1/rank); most ended
 * COMPLETED; some exit statuses are of one instance alone; an application and a submitter were given up nine months ago, so
 * that whoever walks from the newest finds theirs last; 2 to 4 parameters each, one of them unique.
 */
export async function generateHistory(databaseUrl: string, instances: number): Promise<void> {
  const client = new pg.Client({ connectionString: databaseUrl })
  await client.connect()
  try {
    // Rows that fit are made: foreign keys and what tells of events cost more than the rows. Superusers only; else it takes longer.
    await client.query('set session_replication_role = replica').catch(() => {})
    await client.query(`set maintenance_work_mem = '256MB'`)
    const { rows: indexes } = await client.query<{ name: string; definition: string }>(INDEXES)
    for (const { name } of indexes) await client.query(`drop index ${name}`)
    for (const statement of STATEMENTS)
      await client.query(statement.replaceAll(':instances', String(instances)))
    for (const { definition } of indexes) await client.query(definition)
    await client.query('vacuum analyze')
  } finally {
    await client.end()
  }
}

/** Those that are no constraint: an index made of all rows is smaller and made sooner than one that grows with them. */
const INDEXES = /* sql */ `select i.indexrelid::regclass::text as name, pg_get_indexdef(i.indexrelid) as definition
  from pg_index i where i.indrelid in ('batchyard.job_instance'::regclass, 'batchyard.job_execution'::regclass,
    'batchyard.job_parameter'::regclass) and not exists (select from pg_constraint c where c.conindid = i.indexrelid)`

/** Picks 1 to `of`, rank k with the weight 1/k. */
const ZIPF = (of: number) =>
  `width_bucket(random(), (select array_agg(share order by share) from (
    select sum(1.0::float8 / k) over (order by k) / sum(1.0::float8 / k) over () as share from generate_series(1, ${of - 1}) k) w)) + 1`

const STATEMENTS: readonly string[] = [
  /* sql */ `create schema bench`,
  /* sql */ `create table bench.instance as
  with drawn as (
    select i, ${ZIPF(300)} as submitter, ${ZIPF(40)} as app, ${ZIPF(12)} as job, ${ZIPF(8)} as region,
      random() as fate, random() as kind, random() as restarted, random() as old,
      now() - interval '365 days' * (1 - (i - random()) / :instances) as created
    from generate_series(1, :instances) i
  ), placed as (
    select *, created < now() - interval '9 months' and old < 0.2 as legacy from drawn
  )
  select i, region, legacy, restarted < 0.03 as restarted, created,
    created + interval '1 second' * (0.05 - ln(1 - kind) * 90) as updated, kind,
    case when legacy then 'retired-operator' when submitter % 5 = 0 then 'svc-' else 'operator' end
      || case when legacy then '' else lpad(submitter::text, 3, '0') end as submitter,
    case when legacy then 'Legacy' else
      (array['Billing', 'Ledger', 'Payroll', 'Claims', 'Orders', 'Stock', 'Risk', 'Tariff'])[1 + app % 8]
        || lpad(app::text, 2, '0') end as app,
    (array['import', 'export', 'settle', 'reconcile', 'archive', 'notify', 'purge', 'rebuild', 'report', '정산', 'match', 'close'])[job]
      || case when legacy then '-legacy' else '-' || lpad(app::text, 2, '0') end as job,
    case when fate < 0.94 then 'COMPLETED' when fate < 0.975 then 'FAILED' when fate < 0.99 then 'STOPPED'
      when fate < 0.995 then 'ABANDONED' when i > :instances - 2000 then 'STARTED' else 'COMPLETED' end as batch_status
  from placed order by i`,
  /* sql */ `insert into batchyard.job_instance (instance_id, job_name, app_name, application, job_xml_name, xml_id, inline,
    submitter, batch_status, instance_state, exit_status, executions, latest_execution_id, create_time, last_updated_time)
  select i, job, app || '#' || app || '.war', app, job, 1, false, submitter, batch_status,
    case batch_status when 'STARTED' then 'DISPATCHED' else batch_status end,
    case when batch_status = 'STARTED' then null
      when batch_status = 'FAILED' and kind < 0.5 then 'ERROR-' || (1000 + i % 700)
      when batch_status = 'COMPLETED' and kind < 0.1 then 'ROWS=' || i * 37 else batch_status end,
    case when restarted then 2 else 1 end, 2 * i, created, updated
  from bench.instance order by i`,
  /* sql */ `insert into batchyard.job_execution (execution_id, instance_id, execution_number, batch_status, exit_status,
    create_time, start_time, end_time, last_updated_time, server_id, log_path)
  select 2 * i - 1, i, 0, 'FAILED', 'FAILED', created, created, updated, updated, 'host/data/server1', 'log/' || i
    from bench.instance where restarted
  union all
  select 2 * i, i, restarted::int, batch_status, batch_status, created, created,
    case when batch_status = 'STARTED' then null else updated end, updated, 'host/data/server1', 'log/' || i
    from bench.instance
  order by 1`,
  /* sql */ `insert into batchyard.job_parameter (execution_id, ordinal, name, value, instance_id, instance_time)
  select e.execution_id, p.ordinal, p.name, p.value, b.i, b.created
  from bench.instance b join batchyard.job_execution e on e.instance_id = b.i,
    lateral (values (0, 'region', case when b.legacy then 'closed-site' else (array['emea', 'apac', 'north-america', 'latam', 'nordics', 'iberia', '서울', 'antarctica'])[region] end),
      (1, 'businessDate', to_char(b.created, 'YYYY-MM-DD')),
      (2, 'inputFile', '/data/incoming/' || b.app || '/' || md5(b.i::text) || '.csv'),
      (3, 'com.ibm.batch.mode', case when b.i % 50 = 0 then 'simulation' else 'production' end)) p (ordinal, name, value)
  where p.ordinal < 2 + b.i % 3`,
  /* sql */ `insert into batchyard.step_execution (step_execution_id, execution_id, instance_id, step_name, unit_id, batch_status,
    exit_status, start_time, end_time, last_updated_time)
  select execution_id, execution_id, instance_id, 'step1', execution_id, batch_status, exit_status, start_time, end_time,
    last_updated_time
  from batchyard.job_execution order by execution_id`,
  /* sql */ `select setval('batchyard.job_instance_id', :instances), setval('batchyard.job_execution_id', 2 * :instances),
    setval('batchyard.step_execution_id', 2 * :instances), setval('batchyard.unit_id', 2 * :instances)`,
  /* sql */ `drop schema bench cascade`
]
