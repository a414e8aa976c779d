-- The job repository: instances, executions, steps, partitions and flows with their parameters, the units that threads run,
-- the incarnations of servers, caps, idempotency keys and the index of job log parts. Status lists are printed from the
-- tables in src/batch (a test compares). Times are the database's clock (clock_timestamp()), the only clock in here.

-- Definitions of jobs (JSL text), once each however many instances were submitted from one.
create table job_xml (
  xml_id bigint generated always as identity primary key,
  sha256 bytea not null unique,
  jsl text not null,
  create_time timestamptz not null default clock_timestamp(),
  -- Renewed at most hourly by submits; what nobody used for a day and no instance names may be removed.
  last_used timestamptz not null default clock_timestamp()
);

create sequence job_instance_id as bigint;
create sequence job_execution_id as bigint;
create sequence step_execution_id as bigint;
create sequence unit_id as bigint;

create table job_instance (
  instance_id bigint primary key,
  job_name text not null,
  app_name text not null,
  application text not null,
  job_xml_name text not null,
  xml_id bigint not null,
  -- The JSL came with the request: it is not trusted as an application's own is.
  inline boolean not null,
  submitter text not null,
  -- Groups of callers beside the submitter that may see it (batchGroupMonitor) or change it (batchGroupAdmin); from its submit.
  operation_groups text[] not null default '{}',
  batch_status text not null check (batch_status in ('STARTING', 'STARTED', 'STOPPING', 'STOPPED', 'FAILED', 'COMPLETED', 'ABANDONED')),
  instance_state text not null check (instance_state in ('SUBMITTED', 'JMS_QUEUED', 'JMS_CONSUMED', 'DISPATCHED', 'FAILED', 'STOPPED', 'COMPLETED', 'ABANDONED')),
  exit_status text,
  executions integer not null default 1,
  latest_execution_id bigint not null,
  create_time timestamptz not null default clock_timestamp(),
  last_updated_time timestamptz not null default clock_timestamp(),
  -- E14: the mark of a purge under way; never an instance state that Liberty does not know.
  purge_incarnation uuid,
  purge_time timestamptz,
  -- Who asked for it: the server that finishes it may be another one.
  purge_by text
) with (fillfactor = 80, autovacuum_vacuum_scale_factor = 0.02, autovacuum_analyze_scale_factor = 0.02);

create index job_instance_by_time on job_instance (create_time, instance_id);
create index job_instance_by_state on job_instance (instance_state, create_time, instance_id);
create index job_instance_by_submitter on job_instance (submitter, create_time, instance_id);
-- Empty, and free, where no operation groups are configured.
create index job_instance_by_operation_group on job_instance using gin (operation_groups) where operation_groups <> '{}';
create index job_instance_by_job_name on job_instance (job_name, create_time, instance_id);
create index job_instance_by_app_name on job_instance (app_name, create_time, instance_id);
create index job_instance_by_job_xml_name on job_instance (job_xml_name, create_time, instance_id);
create index job_instance_by_update on job_instance (last_updated_time, create_time, instance_id);
create index job_instance_by_batch_status on job_instance ((case batch_status when 'STARTING' then 0 when 'STARTED' then 1 when 'STOPPING' then 2 when 'STOPPED' then 3 when 'FAILED' then 4 when 'COMPLETED' then 5 when 'ABANDONED' then 6 end), create_time, instance_id);
create index job_instance_by_exit_status on job_instance (exit_status, create_time, instance_id);
-- For `*` anywhere. There is none before the end, so only the last version of a row is in it.
create index job_instance_by_exit_status_part on job_instance using gin (exit_status gin_trgm_ops) where exit_status is not null;
create index job_instance_by_purge on job_instance (purge_incarnation) where purge_incarnation is not null;

create table job_execution (
  execution_id bigint primary key,
  instance_id bigint not null references job_instance on delete cascade,
  execution_number integer not null,
  batch_status text not null check (batch_status in ('STARTING', 'STARTED', 'STOPPING', 'STOPPED', 'FAILED', 'COMPLETED', 'ABANDONED')),
  exit_status text,
  create_time timestamptz not null default clock_timestamp(),
  start_time timestamptz,
  end_time timestamptz,
  last_updated_time timestamptz not null default clock_timestamp(),
  server_id text not null default '',
  rest_url text not null default '',
  log_path text not null default '',
  -- `restart` of the stop element that ended it: where the next execution begins (JSR-352 §10.8).
  restart_on text,
  reason text,
  -- Who stopped it and when: a stop repeated by the same caller just after it worked is answered as done (E11).
  stop_requested_by text,
  stop_requested_at timestamptz,
  -- Times its server died under it (E12), and the epoch of the claim that ended it (E5: an end in doubt looks here).
  crashes integer not null default 0,
  -- Where it was each time (src/store/interruptions.ts), oldest first.
  interruptions jsonb not null default '[]',
  ended_epoch integer,
  unique (instance_id, execution_number)
) with (fillfactor = 80, autovacuum_vacuum_scale_factor = 0.02, autovacuum_analyze_scale_factor = 0.02);

create table job_parameter (
  execution_id bigint not null references job_execution on delete cascade,
  ordinal integer not null,
  name text not null,
  value text not null,
  -- Of the instance and its creation: an index gives the newest instances of a parameter in the order of lists.
  instance_id bigint not null,
  instance_time timestamptz not null,
  primary key (execution_id, ordinal)
);

-- Of a value what an index entry has room for; longer ones are looked at themselves.
create index job_parameter_by_value on job_parameter (name, left(value, 200), instance_time, instance_id);
create index job_parameter_by_value_part on job_parameter using gin (value gin_trgm_ops);
-- A value belongs to its name: without this a value of one name is thought to be one of all.
create statistics job_parameter_name_value on name, (left(value, 200)) from job_parameter;

create table step_execution (
  step_execution_id bigint primary key,
  execution_id bigint not null references job_execution on delete cascade,
  instance_id bigint not null,
  step_name text not null,
  -- The unit that runs it (the execution's, or a flow's): what ends that unit by force ends the step.
  unit_id bigint not null,
  batch_status text not null check (batch_status in ('STARTING', 'STARTED', 'STOPPING', 'STOPPED', 'FAILED', 'COMPLETED', 'ABANDONED')),
  exit_status text,
  -- What the job's context had as its exit status when the step began, then when it ended: an interrupted execution goes on with it.
  job_exit_status text,
  start_time timestamptz not null default clock_timestamp(),
  end_time timestamptz,
  last_updated_time timestamptz not null default clock_timestamp(),
  message text,
  -- Structured clones (node:v8), null = nothing.
  persistent_user_data bytea,
  reader_checkpoint bytea,
  writer_checkpoint bytea,
  -- Counts on over restarts: with instance, step and partition it is the key of a chunk.
  chunk_number bigint not null default 0,
  partitioned boolean not null default false,
  read_count bigint not null default 0,
  write_count bigint not null default 0,
  commit_count bigint not null default 0,
  rollback_count bigint not null default 0,
  read_skip_count bigint not null default 0,
  process_skip_count bigint not null default 0,
  filter_count bigint not null default 0,
  write_skip_count bigint not null default 0
) with (fillfactor = 70, autovacuum_vacuum_scale_factor = 0.02, autovacuum_analyze_scale_factor = 0.02);

create index step_execution_by_execution on step_execution (execution_id, step_execution_id);
create index step_execution_by_instance on step_execution (instance_id, step_name, step_execution_id);

create table partition (
  step_execution_id bigint not null references step_execution on delete cascade,
  partition_number integer not null,
  execution_id bigint not null,
  batch_status text not null check (batch_status in ('STARTING', 'STARTED', 'STOPPING', 'STOPPED', 'FAILED', 'COMPLETED', 'ABANDONED')),
  exit_status text,
  start_time timestamptz,
  end_time timestamptz,
  last_updated_time timestamptz not null default clock_timestamp(),
  server_id text not null default '',
  rest_url text not null default '',
  message text,
  -- The plan is kept: a restart runs the same partitions (JSR-352 §10.8.5).
  plan_properties jsonb not null,
  -- Finished by an earlier attempt that this one continues: not run and not shown again.
  carried_over boolean not null default false,
  ended_epoch integer,
  persistent_user_data bytea,
  reader_checkpoint bytea,
  writer_checkpoint bytea,
  chunk_number bigint not null default 0,
  read_count bigint not null default 0,
  write_count bigint not null default 0,
  commit_count bigint not null default 0,
  rollback_count bigint not null default 0,
  read_skip_count bigint not null default 0,
  process_skip_count bigint not null default 0,
  filter_count bigint not null default 0,
  write_skip_count bigint not null default 0,
  primary key (step_execution_id, partition_number)
) with (fillfactor = 70, autovacuum_vacuum_scale_factor = 0.02, autovacuum_analyze_scale_factor = 0.02);

create index partition_by_execution on partition (execution_id);

-- What collectors of partitions gave whose step is at work on another server, until it was handed to the analyzer there. Of one
-- partition in the order of ids.
create table collected_data (
  collected_id bigint generated always as identity primary key,
  step_execution_id bigint not null references step_execution on delete cascade,
  partition_number integer not null,
  -- Given at the partition's end: it counts once that stands, for a partition that is interrupted before gives it again.
  final boolean not null default false,
  -- A structured clone, null = nothing.
  data bytea
) with (autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 1000);

create index collected_data_by_step on collected_data (step_execution_id, collected_id);

-- Flows of splits: how each ended, for the parent and for an end in doubt.
create table flow (
  execution_id bigint not null references job_execution on delete cascade,
  split text not null,
  flow text not null,
  batch_status text not null check (batch_status in ('STARTING', 'STARTED', 'STOPPING', 'STOPPED', 'FAILED', 'COMPLETED', 'ABANDONED')),
  outcome jsonb,
  ended_epoch integer,
  primary key (execution_id, split, flow)
);

create table incarnation (
  incarnation uuid primary key,
  server_id text not null,
  address text not null,
  role text not null default 'both' check (role in ('both', 'dispatcher', 'executor')),
  -- What it runs: applications by name, and operation groups of which a job must have one (null = of any job). They say which
  -- units it may claim; `published_application` tells the rest.
  applications text[] not null,
  operation_groups text[],
  threads integer not null default 0,
  -- Its own caps by key (BATCH_SERVER_CAPS), for those that explain why a job waits; it keeps them by itself.
  server_caps jsonb not null default '{}',
  start_time timestamptz not null default clock_timestamp(),
  expires timestamptz not null,
  dead_at timestamptz,
  free_threads integer not null default 0
) with (fillfactor = 50);

create unique index incarnation_alive on incarnation (server_id) where dead_at is null;

-- What a server can run, for those that cannot look into its folder. It goes in the statement that deletes its incarnation.
create table published_application (
  incarnation uuid not null,
  name text not null,
  -- Of its code's content: the same on all servers that have the same.
  version text not null,
  -- As its code exports them ({"exports": […], "ids": […]}); null = not known (yet), or its code cannot be loaded: `problem`.
  artifacts jsonb,
  problem text,
  primary key (incarnation, name)
);

create table published_job (
  incarnation uuid not null,
  application text not null,
  job_xml_name text not null,
  -- null: it cannot be read, for the reason `problem`.
  xml_id bigint references job_xml,
  problem text,
  primary key (incarnation, application, job_xml_name),
  foreign key (incarnation, application) references published_application on delete cascade
);

create index published_job_by_xml on published_job (xml_id);

-- What one thread runs. Hot and small: the row goes in the transaction that ends it.
create table unit (
  unit_id bigint primary key,
  kind text not null check (kind in ('execution', 'flow', 'partition')),
  parent_id bigint,
  root_id bigint not null,
  instance_id bigint not null,
  execution_id bigint not null,
  application text not null,
  status text not null check (status in ('WAITING', 'READY', 'CLAIMED', 'STARTED', 'STOPPING')),
  waits_for text check (waits_for in ('cap', 'delay', 'pause')),
  check ((status = 'WAITING') = (waits_for is not null)),
  priority integer not null default 4,
  ready_time timestamptz not null default clock_timestamp(),
  cap_keys text[] not null default '{}',
  -- It is counted in its caps' `running`, from its admission to its end (a unit that yields keeps its place).
  holds_caps boolean not null default false,
  -- What becomes of it when its server dies, where its job says so (`batchyard.recovery`).
  recovery text check (recovery in ('fail', 'resume')),
  -- Seconds its execution may take (`batchyard.timeLimitSeconds`), and after how many the log says so.
  time_limit_seconds double precision,
  time_warning_seconds double precision,
  -- The step that a first execution begins with, when no job code runs before it: it is started in the unit's own start (E5).
  first_step text,
  -- The one incarnation that may take it: flows and local partitions.
  only_incarnation uuid,
  incarnation uuid,
  epoch integer not null default 0,
  seq bigint not null default 0,
  resumed boolean not null default false,
  stop_requested_by text,
  stop_requested_at timestamptz,
  -- It is STOPPING because a time limit was exceeded, which one says this: it will end FAILED.
  overdue text,
  -- It is to become WAITING for the end of a pause when it yields next (E12); of roots only.
  pause_requested boolean not null default false,
  -- Its job lets work of higher priority have its threads (`batchyard.preemptible`); of its children too.
  preemptible boolean not null default false,
  -- When it was asked to, until it is claimed again; of roots only.
  yield_requested_at timestamptz,
  step_execution_id bigint,
  partition_number integer,
  split text,
  flow text
) with (fillfactor = 50, autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 1000, autovacuum_analyze_scale_factor = 0, autovacuum_analyze_threshold = 5000);

create index unit_ready on unit ((kind = 'execution'), priority desc, ready_time, unit_id) where status = 'READY';
create index unit_waiting on unit (waits_for, ready_time) where status = 'WAITING';
create index unit_yielding on unit (unit_id) where yield_requested_at is not null;
create index unit_of_incarnation on unit (incarnation) where incarnation is not null;
create index unit_of_root on unit (root_id);
create index unit_of_execution on unit (execution_id);
create index unit_of_parent on unit (parent_id) where parent_id is not null;

create table cap (
  key text primary key,
  "limit" integer not null check ("limit" >= 1),
  running integer not null default 0 check (running >= 0)
);

create table idempotency_key (
  submitter text not null,
  key text not null,
  fingerprint bytea not null,
  instance_id bigint not null,
  create_time timestamptz not null default clock_timestamp(),
  primary key (submitter, key)
);

create index idempotency_key_by_time on idempotency_key (create_time);

-- Which server wrote which part of a job log: any server that sees the file serves it, else the one named here is asked.
create table job_log_part (
  execution_id bigint not null references job_execution on delete cascade,
  path text not null,
  server_id text not null,
  create_time timestamptz not null default clock_timestamp(),
  primary key (execution_id, path)
);

-- Purged instances whose job logs were to be kept (purgeJobStoreOnly): the janitor leaves the folders of these alone.
create table kept_job_log (
  instance_id bigint primary key,
  create_time timestamptz not null default clock_timestamp()
);

-- Instances that no purge may take, until somebody lets them go. Without a cascade: whatever deletes instances, not these.
create table hold (
  instance_id bigint primary key references job_instance,
  reason text not null,
  held_by text not null,
  hold_time timestamptz not null default clock_timestamp()
);

-- What a purge of many is to take, told before it is done. Its execution is a job instance.
create table purge_plan (
  plan_id bigint generated always as identity primary key,
  created_by text not null,
  create_time timestamptz not null default clock_timestamp(),
  expires timestamptz not null,
  filter jsonb not null,
  job_store_only boolean not null,
  instances bigint not null,
  bytes bigint not null,
  -- Null while it is planned: the run that executes it, and in whose name and with whose rights.
  instance_id bigint,
  executor jsonb,
  end_time timestamptz,
  purged bigint not null default 0,
  changed bigint not null default 0,
  held bigint not null,
  failed bigint not null default 0
);

-- What is still to be purged of a plan, as it was when it was planned.
create table purge_plan_item (
  plan_id bigint not null references purge_plan on delete cascade,
  instance_id bigint not null,
  last_updated_time timestamptz not null,
  -- This plan's purge has begun: when it is found gone, it was this one's.
  marked boolean not null default false,
  primary key (plan_id, instance_id)
) with (autovacuum_vacuum_scale_factor = 0.02);

-- One row: what this repository is called. The janitor touches no log folder that another repository has marked.
create table repository (
  repository_id uuid primary key default gen_random_uuid()
);

insert into repository default values;

-- E17: what happened, for those who watch. Read in (xid, event_id) order below the oldest transaction that still runs, so that
-- none that commits late is skipped. Partitions of an hour are made ahead and dropped after a day by the housekeeping;
-- event_rest takes what comes when no partition is there, so that no job waits for housekeeping.
create sequence event_id as bigint;

create table event (
  xid xid8 not null default pg_current_xact_id(),
  event_id bigint not null default nextval('event_id'),
  create_time timestamptz not null default clock_timestamp(),
  kind text not null,
  instance_id bigint,
  body jsonb not null
) partition by range (create_time);

create index event_by_position on event (xid, event_id);

create table event_rest partition of event default;

-- One row: the last position of all that was dropped. Who stands before it has missed something.
create table event_horizon (
  only_row boolean primary key default true check (only_row),
  xid xid8 not null,
  event_id bigint not null
);

insert into event_horizon (xid, event_id) values ('0', 0);

-- E17: who did what. Rows come unchained in the transaction they tell of; one writer at a time gives those that are committed a
-- number and a hash over the hash before it. What is indexed for searches is indexed when a row is chained: a submit pays for the
-- key and one small index.
create table audit (
  audit_id bigint generated always as identity primary key,
  create_time timestamptz not null default clock_timestamp(),
  who text not null,
  -- noun.verb, of src/batch/audit-verb.ts
  what text not null,
  -- noun:id
  target text not null,
  reason text,
  before jsonb,
  after jsonb,
  chain_number bigint,
  hash bytea,
  check ((chain_number is null) = (hash is null))
);

create index audit_unchained on audit (audit_id) where chain_number is null;
create unique index audit_by_number on audit (chain_number) where chain_number is not null;
create index audit_by_time on audit (create_time) where chain_number is not null;
create index audit_by_who on audit (who, audit_id) where chain_number is not null;
create index audit_by_what on audit (what, audit_id) where chain_number is not null;
create index audit_by_target on audit (target, audit_id) where chain_number is not null;

-- One row: the end of the chain. Without it, rows cut off at the end would not be missed.
create table audit_head (
  only_row boolean primary key default true check (only_row),
  number bigint not null,
  hash bytea not null
);

insert into audit_head (number, hash) values (0, decode(repeat('00', 32), 'hex'));
