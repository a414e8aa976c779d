-- What the migrations come to: the schema `batchyard`, printed from PostgreSQL's catalogue by `npm run db:dump`.
-- For readers; no program runs it. `npm run check` compares it.

create extension pg_trgm;

create sequence event_id as bigint;
create sequence job_execution_id as bigint;
create sequence job_instance_id as bigint;
create sequence schedule_revision as bigint;
create sequence step_execution_id as bigint;
create sequence unit_id as bigint;

CREATE OR REPLACE FUNCTION batchyard.tell_execution()
 RETURNS trigger
 LANGUAGE plpgsql
AS $function$
declare
  told jsonb := jsonb_strip_nulls(jsonb_build_object('execution_id', new.execution_id, 'execution_number', new.execution_number,
    'batch_status', new.batch_status, 'exit_status', new.exit_status, 'create_time', new.create_time,
    'start_time', new.start_time, 'end_time', new.end_time, 'last_updated_time', new.last_updated_time,
    'server_id', nullif(new.server_id, ''), 'rest_url', nullif(new.rest_url, ''), 'log_path', nullif(new.log_path, ''),
    'reason', new.reason));
begin
  if tg_op = 'INSERT' and new.execution_number > 0 then
    insert into batchyard.event (kind, instance_id, body) values ('jobs/execution/restarting', new.instance_id, told);
  end if;
  insert into batchyard.event (kind, instance_id, body)
  values ('jobs/execution/' || lower(new.batch_status), new.instance_id, told);
  return null;
end $function$;

CREATE OR REPLACE FUNCTION batchyard.tell_flow()
 RETURNS trigger
 LANGUAGE plpgsql
AS $function$
begin
  insert into batchyard.event (kind, instance_id, body)
  select 'jobs/execution/split-flow/' || case new.batch_status when 'STARTED' then 'started' else 'ended' end, e.instance_id,
    jsonb_build_object('split', new.split, 'flow', new.flow, 'execution_id', new.execution_id)
  from batchyard.job_execution e where e.execution_id = new.execution_id;
  return null;
end $function$;

CREATE OR REPLACE FUNCTION batchyard.tell_instance()
 RETURNS trigger
 LANGUAGE plpgsql
AS $function$
declare
  told jsonb;
begin
  if tg_op = 'DELETE' then
    insert into batchyard.event (kind, instance_id, body) values ('jobs/instance/purged', old.instance_id, to_jsonb(old));
    return null;
  end if;
  told := jsonb_strip_nulls(jsonb_build_object('job_name', new.job_name, 'app_name', new.app_name,
    'job_xml_name', new.job_xml_name, 'submitter', new.submitter,
    'operation_groups', case when new.operation_groups <> '{}' then new.operation_groups end,
    'batch_status', new.batch_status, 'instance_state', new.instance_state, 'exit_status', new.exit_status,
    'create_time', new.create_time, 'last_updated_time', new.last_updated_time, 'executions', new.executions));
  if tg_op = 'UPDATE' and new.instance_state = 'DISPATCHED' and old.instance_state = 'JMS_QUEUED' then
    insert into batchyard.event (kind, instance_id, body)
    values ('jobs/instance/jms_consumed', new.instance_id, told || '{"instance_state": "JMS_CONSUMED", "batch_status": "STARTING"}');
  end if;
  -- It was put into the queue as it was submitted, in one commit: both are told.
  if new.instance_state = 'JMS_QUEUED' then
    insert into batchyard.event (kind, instance_id, body)
    values ('jobs/instance/submitted', new.instance_id, told || '{"instance_state": "SUBMITTED"}');
  end if;
  insert into batchyard.event (kind, instance_id, body)
  values ('jobs/instance/' || lower(case new.batch_status when 'STOPPING' then 'STOPPING' else new.instance_state end),
    new.instance_id, told);
  return null;
end $function$;

CREATE OR REPLACE FUNCTION batchyard.tell_partition()
 RETURNS trigger
 LANGUAGE plpgsql
AS $function$
begin
  insert into batchyard.event (kind, instance_id, body)
  select 'jobs/execution/partition/' || lower(new.batch_status), s.instance_id,
    jsonb_build_object('partition_number', new.partition_number, 'batch_status', new.batch_status,
      'exit_status', new.exit_status, 'step_name', s.step_name, 'execution_id', new.execution_id,
      'step_execution_id', new.step_execution_id)
  from batchyard.step_execution s where s.step_execution_id = new.step_execution_id;
  return null;
end $function$;

CREATE OR REPLACE FUNCTION batchyard.tell_step()
 RETURNS trigger
 LANGUAGE plpgsql
AS $function$
begin
  insert into batchyard.event (kind, instance_id, body)
  values ('jobs/execution/step/' || lower(new.batch_status), new.instance_id,
    jsonb_strip_nulls(jsonb_build_object('step_execution_id', new.step_execution_id, 'execution_id', new.execution_id,
      'step_name', new.step_name, 'batch_status', new.batch_status, 'exit_status', new.exit_status,
      'start_time', new.start_time, 'end_time', new.end_time, 'message', new.message,
      'read_count', nullif(new.read_count, 0), 'write_count', nullif(new.write_count, 0),
      'commit_count', nullif(new.commit_count, 0), 'rollback_count', nullif(new.rollback_count, 0),
      'read_skip_count', nullif(new.read_skip_count, 0), 'process_skip_count', nullif(new.process_skip_count, 0),
      'filter_count', nullif(new.filter_count, 0), 'write_skip_count', nullif(new.write_skip_count, 0))));
  return null;
end $function$;

create table audit (
  audit_id bigint not null generated always as identity,
  create_time timestamp with time zone not null default clock_timestamp(),
  who text not null,
  what text not null,
  target text not null,
  reason text,
  before jsonb,
  after jsonb,
  chain_number bigint,
  hash bytea,
  constraint audit_pkey PRIMARY KEY (audit_id),
  constraint audit_check CHECK ((chain_number IS NULL) = (hash IS NULL))
);
CREATE UNIQUE INDEX audit_by_number ON audit USING btree (chain_number) WHERE chain_number IS NOT NULL;
CREATE INDEX audit_by_target ON audit USING btree (target, audit_id) WHERE chain_number IS NOT NULL;
CREATE INDEX audit_by_time ON audit USING btree (create_time) WHERE chain_number IS NOT NULL;
CREATE INDEX audit_by_what ON audit USING btree (what, audit_id) WHERE chain_number IS NOT NULL;
CREATE INDEX audit_by_who ON audit USING btree (who, audit_id) WHERE chain_number IS NOT NULL;
CREATE INDEX audit_unchained ON audit USING btree (audit_id) WHERE chain_number IS NULL;

create table audit_head (
  only_row boolean not null default true,
  number bigint not null,
  hash bytea not null,
  constraint audit_head_pkey PRIMARY KEY (only_row),
  constraint audit_head_only_row_check CHECK (only_row)
);

create table bulk_event (
  job_number bigint not null,
  event_number bigint not null generated always as identity,
  create_time timestamp with time zone not null default clock_timestamp(),
  moved_to text not null,
  reason text,
  constraint bulk_event_pkey PRIMARY KEY (job_number, event_number),
  constraint bulk_event_job_number_fkey FOREIGN KEY (job_number) REFERENCES bulk_job(job_number) ON DELETE CASCADE
);

create table bulk_job (
  job_id text not null,
  job_number bigint not null generated always as identity,
  submitter text not null,
  operation_groups text[] not null default '{}'::text[],
  client_request_token text not null,
  fingerprint bytea not null,
  job_status text not null default 'New'::text,
  priority integer not null,
  description text not null,
  confirmation_required boolean not null,
  tags jsonb not null default '[]'::jsonb,
  request json not null,
  rerun_of text,
  instance_id bigint,
  task_count bigint not null default 0,
  create_time timestamp with time zone not null default clock_timestamp(),
  termination_date timestamp with time zone,
  active_since timestamp with time zone,
  active_millis bigint not null default 0,
  suspended_date timestamp with time zone,
  suspended_cause text,
  failure_reasons jsonb not null default '[]'::jsonb,
  status_update_reason text,
  cancelled_by text,
  report json,
  worker uuid,
  constraint bulk_job_pkey PRIMARY KEY (job_id),
  constraint bulk_job_job_number_key UNIQUE (job_number),
  constraint bulk_job_submitter_client_request_token_key UNIQUE (submitter, client_request_token),
  constraint bulk_job_job_status_check CHECK (job_status = ANY (ARRAY['New'::text, 'Preparing'::text, 'Suspended'::text, 'Ready'::text, 'Active'::text, 'Pausing'::text, 'Paused'::text, 'Completing'::text, 'Complete'::text, 'Cancelling'::text, 'Cancelled'::text, 'Failing'::text, 'Failed'::text])),
  constraint bulk_job_priority_check CHECK (priority >= 0)
)
with (fillfactor=70);
CREATE INDEX bulk_job_alive ON bulk_job USING btree (priority) WHERE job_status <> ALL (ARRAY['Suspended'::text, 'Complete'::text, 'Cancelled'::text, 'Failed'::text]);
CREATE INDEX bulk_job_by_priority ON bulk_job USING btree (priority DESC, job_number);
CREATE INDEX bulk_job_of_instance ON bulk_job USING btree (instance_id) WHERE instance_id IS NOT NULL;

create table bulk_manifest (
  manifest_id text not null,
  submitter text not null,
  etag text,
  size bigint,
  create_time timestamp with time zone not null default clock_timestamp(),
  constraint bulk_manifest_pkey PRIMARY KEY (manifest_id)
);

create table bulk_manifest_piece (
  manifest_id text not null,
  piece integer not null,
  bytes bytea not null,
  constraint bulk_manifest_piece_pkey PRIMARY KEY (manifest_id, piece),
  constraint bulk_manifest_piece_manifest_id_fkey FOREIGN KEY (manifest_id) REFERENCES bulk_manifest(manifest_id) ON DELETE CASCADE
);

create table bulk_outcome (
  job_number bigint not null,
  task_row bigint not null,
  succeeded boolean not null,
  attempts integer not null,
  error_code text,
  http_status integer,
  message text,
  constraint bulk_outcome_pkey PRIMARY KEY (job_number, task_row),
  constraint bulk_outcome_job_number_fkey FOREIGN KEY (job_number) REFERENCES bulk_job(job_number) ON DELETE CASCADE
);
CREATE INDEX bulk_outcome_failed ON bulk_outcome USING btree (job_number, task_row) WHERE NOT succeeded;

create table bulk_progress (
  job_number bigint not null,
  partition_number integer not null,
  succeeded bigint not null,
  failed bigint not null,
  constraint bulk_progress_pkey PRIMARY KEY (job_number, partition_number),
  constraint bulk_progress_job_number_fkey FOREIGN KEY (job_number) REFERENCES bulk_job(job_number) ON DELETE CASCADE
)
with (fillfactor=50);

create table bulk_run (
  job_number bigint not null,
  task_row bigint not null,
  instance_id bigint,
  error_code text,
  message text,
  constraint bulk_run_pkey PRIMARY KEY (job_number, task_row),
  constraint bulk_run_job_number_fkey FOREIGN KEY (job_number) REFERENCES bulk_job(job_number) ON DELETE CASCADE
);

create table bulk_task (
  job_number bigint not null,
  task_row bigint not null,
  bucket text not null,
  object_key text not null,
  version_id text,
  fields jsonb,
  constraint bulk_task_pkey PRIMARY KEY (job_number, task_row),
  constraint bulk_task_job_number_fkey FOREIGN KEY (job_number) REFERENCES bulk_job(job_number) ON DELETE CASCADE
);

create table cap (
  key text not null,
  "limit" integer not null,
  running integer not null default 0,
  constraint cap_pkey PRIMARY KEY (key),
  constraint cap_limit_check CHECK ("limit" >= 1),
  constraint cap_running_check CHECK (running >= 0)
);

create table collected_data (
  collected_id bigint not null generated always as identity,
  step_execution_id bigint not null,
  partition_number integer not null,
  final boolean not null default false,
  data bytea,
  constraint collected_data_pkey PRIMARY KEY (collected_id),
  constraint collected_data_step_execution_id_fkey FOREIGN KEY (step_execution_id) REFERENCES step_execution(step_execution_id) ON DELETE CASCADE
)
with (autovacuum_vacuum_scale_factor=0, autovacuum_vacuum_threshold=1000);
CREATE INDEX collected_data_by_step ON collected_data USING btree (step_execution_id, collected_id);

create table deadline (
  deadline_id bigint not null generated always as identity,
  kind text not null,
  due timestamp with time zone not null,
  instance_id bigint,
  definition text not null,
  schedule_id bigint,
  schedule text,
  nominal_time timestamp with time zone,
  judged_at timestamp with time zone,
  missed boolean not null default false,
  constraint deadline_pkey PRIMARY KEY (deadline_id),
  constraint deadline_instance_id_fkey FOREIGN KEY (instance_id) REFERENCES job_instance(instance_id) ON DELETE CASCADE,
  constraint deadline_kind_check CHECK (kind = ANY (ARRAY['start'::text, 'end'::text]))
)
with (fillfactor=80);
CREATE INDEX deadline_due ON deadline USING btree (due) WHERE judged_at IS NULL;
CREATE UNIQUE INDEX deadline_of_instance ON deadline USING btree (instance_id, kind) WHERE instance_id IS NOT NULL;
CREATE UNIQUE INDEX deadline_of_nominal_time ON deadline USING btree (schedule_id, nominal_time, kind) WHERE nominal_time IS NOT NULL;

create table decision (
  schedule_id bigint not null,
  nominal_time timestamp with time zone not null,
  decision text not null,
  reason text,
  message text,
  instance_id bigint,
  decision_time timestamp with time zone not null default clock_timestamp(),
  waiting boolean not null default false,
  constraint decision_pkey PRIMARY KEY (schedule_id, nominal_time),
  constraint decision_schedule_id_fkey FOREIGN KEY (schedule_id) REFERENCES schedule(schedule_id) ON DELETE CASCADE,
  constraint decision_decision_check CHECK (decision = ANY (ARRAY['fired'::text, 'skipped'::text, 'queued'::text])),
  constraint decision_reason_check CHECK (reason = ANY (ARRAY['overlap'::text, 'missed'::text, 'maintenance'::text, 'inactive'::text, 'refused'::text]))
)
with (fillfactor=80);
CREATE INDEX decision_waiting ON decision USING btree (schedule_id, nominal_time) WHERE waiting;

create table definition (
  name text not null,
  description text,
  application text not null,
  system boolean not null default false,
  latest_version integer not null,
  revision bigint not null default 1,
  create_time timestamp with time zone not null default clock_timestamp(),
  created_by text not null,
  delete_time timestamp with time zone,
  constraint definition_pkey PRIMARY KEY (name)
);

create table definition_version (
  name text not null,
  version integer not null,
  application text not null,
  job_xml_name text,
  jsl text not null,
  steps text[] not null,
  parameters jsonb not null,
  deadlines jsonb,
  create_time timestamp with time zone not null default clock_timestamp(),
  created_by text not null,
  constraint definition_version_pkey PRIMARY KEY (name, version),
  constraint definition_version_name_fkey FOREIGN KEY (name) REFERENCES definition(name)
);

create table event (
  xid xid8 not null default pg_current_xact_id(),
  event_id bigint not null default nextval('event_id'::regclass),
  create_time timestamp with time zone not null default clock_timestamp(),
  kind text not null,
  instance_id bigint,
  body jsonb not null
)
partition by RANGE (create_time);
CREATE INDEX event_by_position ON event USING btree (xid, event_id);

create table event_demand (
  only_row boolean not null default true,
  wanted_until timestamp with time zone not null default '-infinity'::timestamp with time zone,
  constraint event_demand_pkey PRIMARY KEY (only_row),
  constraint event_demand_only_row_check CHECK (only_row)
)
with (fillfactor=20);

create table event_horizon (
  only_row boolean not null default true,
  xid xid8 not null,
  event_id bigint not null,
  constraint event_horizon_pkey PRIMARY KEY (only_row),
  constraint event_horizon_only_row_check CHECK (only_row)
);

create table event_rest partition of event DEFAULT;

create table flow (
  execution_id bigint not null,
  split text not null,
  flow text not null,
  batch_status text not null,
  outcome jsonb,
  ended_epoch integer,
  constraint flow_pkey PRIMARY KEY (execution_id, split, flow),
  constraint flow_execution_id_fkey FOREIGN KEY (execution_id) REFERENCES job_execution(execution_id) ON DELETE CASCADE,
  constraint flow_batch_status_check CHECK (batch_status = ANY (ARRAY['STARTING'::text, 'STARTED'::text, 'STOPPING'::text, 'STOPPED'::text, 'FAILED'::text, 'COMPLETED'::text, 'ABANDONED'::text]))
);
CREATE TRIGGER tell_changed AFTER UPDATE OF batch_status ON flow FOR EACH ROW WHEN (old.batch_status IS DISTINCT FROM new.batch_status AND (new.batch_status = ANY (ARRAY['STARTED'::text, 'STOPPED'::text, 'COMPLETED'::text, 'FAILED'::text]))) EXECUTE FUNCTION tell_flow();

create table hold (
  instance_id bigint not null,
  reason text not null,
  held_by text not null,
  hold_time timestamp with time zone not null default clock_timestamp(),
  constraint hold_pkey PRIMARY KEY (instance_id),
  constraint hold_instance_id_fkey FOREIGN KEY (instance_id) REFERENCES job_instance(instance_id)
);

create table idempotency_key (
  submitter text not null,
  key text not null,
  fingerprint bytea not null,
  instance_id bigint not null,
  create_time timestamp with time zone not null default clock_timestamp(),
  constraint idempotency_key_pkey PRIMARY KEY (submitter, key)
);
CREATE INDEX idempotency_key_by_time ON idempotency_key USING btree (create_time);

create table incarnation (
  incarnation uuid not null,
  server_id text not null,
  address text not null,
  role text not null default 'both'::text,
  applications text[] not null,
  operation_groups text[],
  threads integer not null default 0,
  server_caps jsonb not null default '{}'::jsonb,
  start_time timestamp with time zone not null default clock_timestamp(),
  expires timestamp with time zone not null,
  dead_at timestamp with time zone,
  free_threads integer not null default 0,
  constraint incarnation_pkey PRIMARY KEY (incarnation),
  constraint incarnation_role_check CHECK (role = ANY (ARRAY['both'::text, 'dispatcher'::text, 'executor'::text]))
)
with (fillfactor=50);
CREATE UNIQUE INDEX incarnation_alive ON incarnation USING btree (server_id) WHERE dead_at IS NULL;

create table job_execution (
  execution_id bigint not null,
  instance_id bigint not null,
  execution_number integer not null,
  batch_status text not null,
  exit_status text,
  create_time timestamp with time zone not null default clock_timestamp(),
  start_time timestamp with time zone,
  end_time timestamp with time zone,
  last_updated_time timestamp with time zone not null default clock_timestamp(),
  server_id text not null default ''::text,
  rest_url text not null default ''::text,
  log_path text not null default ''::text,
  restart_on text,
  reason text,
  stop_requested_by text,
  stop_requested_at timestamp with time zone,
  crashes integer not null default 0,
  interruptions jsonb not null default '[]'::jsonb,
  ended_epoch integer,
  constraint job_execution_pkey PRIMARY KEY (execution_id),
  constraint job_execution_instance_id_execution_number_key UNIQUE (instance_id, execution_number),
  constraint job_execution_instance_id_fkey FOREIGN KEY (instance_id) REFERENCES job_instance(instance_id) ON DELETE CASCADE,
  constraint job_execution_batch_status_check CHECK (batch_status = ANY (ARRAY['STARTING'::text, 'STARTED'::text, 'STOPPING'::text, 'STOPPED'::text, 'FAILED'::text, 'COMPLETED'::text, 'ABANDONED'::text]))
)
with (autovacuum_analyze_scale_factor=0.02, autovacuum_vacuum_scale_factor=0.02, fillfactor=80);
CREATE TRIGGER tell_changed AFTER UPDATE OF batch_status ON job_execution FOR EACH ROW WHEN (old.batch_status IS DISTINCT FROM new.batch_status) EXECUTE FUNCTION tell_execution();
CREATE TRIGGER tell_new AFTER INSERT ON job_execution FOR EACH ROW EXECUTE FUNCTION tell_execution();

create table job_instance (
  instance_id bigint not null,
  job_name text not null,
  app_name text not null,
  application text not null,
  job_xml_name text not null,
  xml_id bigint not null,
  inline boolean not null,
  submitter text not null,
  operation_groups text[] not null default '{}'::text[],
  batch_status text not null,
  instance_state text not null,
  exit_status text,
  executions integer not null default 1,
  latest_execution_id bigint not null,
  create_time timestamp with time zone not null default clock_timestamp(),
  last_updated_time timestamp with time zone not null default clock_timestamp(),
  purge_incarnation uuid,
  purge_time timestamp with time zone,
  purge_by text,
  constraint job_instance_pkey PRIMARY KEY (instance_id),
  constraint job_instance_batch_status_check CHECK (batch_status = ANY (ARRAY['STARTING'::text, 'STARTED'::text, 'STOPPING'::text, 'STOPPED'::text, 'FAILED'::text, 'COMPLETED'::text, 'ABANDONED'::text])),
  constraint job_instance_instance_state_check CHECK (instance_state = ANY (ARRAY['SUBMITTED'::text, 'JMS_QUEUED'::text, 'JMS_CONSUMED'::text, 'DISPATCHED'::text, 'FAILED'::text, 'STOPPED'::text, 'COMPLETED'::text, 'ABANDONED'::text]))
)
with (autovacuum_analyze_scale_factor=0.02, autovacuum_vacuum_scale_factor=0.02, fillfactor=80);
CREATE INDEX job_instance_by_app_name ON job_instance USING btree (app_name, create_time, instance_id);
CREATE INDEX job_instance_by_batch_status ON job_instance USING btree ((
CASE batch_status
    WHEN 'STARTING'::text THEN 0
    WHEN 'STARTED'::text THEN 1
    WHEN 'STOPPING'::text THEN 2
    WHEN 'STOPPED'::text THEN 3
    WHEN 'FAILED'::text THEN 4
    WHEN 'COMPLETED'::text THEN 5
    WHEN 'ABANDONED'::text THEN 6
    ELSE NULL::integer
END), create_time, instance_id);
CREATE INDEX job_instance_by_exit_status ON job_instance USING btree (exit_status, create_time, instance_id);
CREATE INDEX job_instance_by_exit_status_part ON job_instance USING gin (exit_status gin_trgm_ops) WHERE exit_status IS NOT NULL;
CREATE INDEX job_instance_by_job_name ON job_instance USING btree (job_name, create_time, instance_id);
CREATE INDEX job_instance_by_job_xml_name ON job_instance USING btree (job_xml_name, create_time, instance_id);
CREATE INDEX job_instance_by_operation_group ON job_instance USING gin (operation_groups) WHERE operation_groups <> '{}'::text[];
CREATE INDEX job_instance_by_purge ON job_instance USING btree (purge_incarnation) WHERE purge_incarnation IS NOT NULL;
CREATE INDEX job_instance_by_state ON job_instance USING btree (instance_state, create_time, instance_id);
CREATE INDEX job_instance_by_submitter ON job_instance USING btree (submitter, create_time, instance_id);
CREATE INDEX job_instance_by_time ON job_instance USING btree (create_time, instance_id);
CREATE INDEX job_instance_by_update ON job_instance USING btree (last_updated_time, create_time, instance_id);
CREATE TRIGGER tell_changed AFTER UPDATE OF batch_status, instance_state ON job_instance FOR EACH ROW WHEN (new.batch_status <> 'ABANDONED'::text AND (old.batch_status IS DISTINCT FROM new.batch_status AND new.batch_status = 'STOPPING'::text OR old.instance_state IS DISTINCT FROM new.instance_state)) EXECUTE FUNCTION tell_instance();
CREATE TRIGGER tell_gone AFTER DELETE ON job_instance FOR EACH ROW EXECUTE FUNCTION tell_instance();
CREATE TRIGGER tell_new AFTER INSERT ON job_instance FOR EACH ROW EXECUTE FUNCTION tell_instance();

create table job_log_part (
  execution_id bigint not null,
  path text not null,
  server_id text not null,
  create_time timestamp with time zone not null default clock_timestamp(),
  constraint job_log_part_pkey PRIMARY KEY (execution_id, path),
  constraint job_log_part_execution_id_fkey FOREIGN KEY (execution_id) REFERENCES job_execution(execution_id) ON DELETE CASCADE
);

create table job_parameter (
  execution_id bigint not null,
  ordinal integer not null,
  name text not null,
  value text not null,
  instance_id bigint not null,
  instance_time timestamp with time zone not null,
  constraint job_parameter_pkey PRIMARY KEY (execution_id, ordinal),
  constraint job_parameter_execution_id_fkey FOREIGN KEY (execution_id) REFERENCES job_execution(execution_id) ON DELETE CASCADE
);
CREATE INDEX job_parameter_by_value ON job_parameter USING btree (name, "left"(value, 200), instance_time, instance_id);
CREATE INDEX job_parameter_by_value_part ON job_parameter USING gin (value gin_trgm_ops);
CREATE STATISTICS batchyard.job_parameter_name_value ON name, "left"(value, 200) FROM job_parameter;

create table job_xml (
  xml_id bigint not null generated always as identity,
  sha256 bytea not null,
  jsl text not null,
  create_time timestamp with time zone not null default clock_timestamp(),
  last_used timestamp with time zone not null default clock_timestamp(),
  constraint job_xml_pkey PRIMARY KEY (xml_id),
  constraint job_xml_sha256_key UNIQUE (sha256)
);

create table kept_job_log (
  instance_id bigint not null,
  create_time timestamp with time zone not null default clock_timestamp(),
  constraint kept_job_log_pkey PRIMARY KEY (instance_id)
);

create table maintenance (
  only_row boolean not null default true,
  is_on boolean not null default false,
  reason text,
  since timestamp with time zone,
  revision bigint not null default 1,
  constraint maintenance_pkey PRIMARY KEY (only_row),
  constraint maintenance_only_row_check CHECK (only_row)
);

create table partition (
  step_execution_id bigint not null,
  partition_number integer not null,
  execution_id bigint not null,
  batch_status text not null,
  exit_status text,
  start_time timestamp with time zone,
  end_time timestamp with time zone,
  last_updated_time timestamp with time zone not null default clock_timestamp(),
  server_id text not null default ''::text,
  rest_url text not null default ''::text,
  message text,
  plan_properties jsonb not null,
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
  constraint partition_pkey PRIMARY KEY (step_execution_id, partition_number),
  constraint partition_step_execution_id_fkey FOREIGN KEY (step_execution_id) REFERENCES step_execution(step_execution_id) ON DELETE CASCADE,
  constraint partition_batch_status_check CHECK (batch_status = ANY (ARRAY['STARTING'::text, 'STARTED'::text, 'STOPPING'::text, 'STOPPED'::text, 'FAILED'::text, 'COMPLETED'::text, 'ABANDONED'::text]))
)
with (autovacuum_analyze_scale_factor=0.02, autovacuum_vacuum_scale_factor=0.02, fillfactor=70);
CREATE INDEX partition_by_execution ON partition USING btree (execution_id);
CREATE TRIGGER tell_changed AFTER UPDATE OF batch_status ON partition FOR EACH ROW WHEN (old.batch_status IS DISTINCT FROM new.batch_status AND (new.batch_status = ANY (ARRAY['STARTED'::text, 'STOPPED'::text, 'COMPLETED'::text, 'FAILED'::text]))) EXECUTE FUNCTION tell_partition();

create table published_application (
  incarnation uuid not null,
  name text not null,
  version text not null,
  artifacts jsonb,
  problem text,
  constraint published_application_pkey PRIMARY KEY (incarnation, name)
);

create table published_job (
  incarnation uuid not null,
  application text not null,
  job_xml_name text not null,
  xml_id bigint,
  problem text,
  constraint published_job_pkey PRIMARY KEY (incarnation, application, job_xml_name),
  constraint published_job_incarnation_application_fkey FOREIGN KEY (incarnation, application) REFERENCES published_application(incarnation, name) ON DELETE CASCADE,
  constraint published_job_xml_id_fkey FOREIGN KEY (xml_id) REFERENCES job_xml(xml_id)
);
CREATE INDEX published_job_by_xml ON published_job USING btree (xml_id);

create table purge_plan (
  plan_id bigint not null generated always as identity,
  created_by text not null,
  create_time timestamp with time zone not null default clock_timestamp(),
  expires timestamp with time zone not null,
  filter jsonb not null,
  job_store_only boolean not null,
  instances bigint not null,
  bytes bigint not null,
  instance_id bigint,
  executor jsonb,
  end_time timestamp with time zone,
  purged bigint not null default 0,
  changed bigint not null default 0,
  held bigint not null,
  failed bigint not null default 0,
  constraint purge_plan_pkey PRIMARY KEY (plan_id)
);

create table purge_plan_item (
  plan_id bigint not null,
  instance_id bigint not null,
  last_updated_time timestamp with time zone not null,
  marked boolean not null default false,
  constraint purge_plan_item_pkey PRIMARY KEY (plan_id, instance_id),
  constraint purge_plan_item_plan_id_fkey FOREIGN KEY (plan_id) REFERENCES purge_plan(plan_id) ON DELETE CASCADE
)
with (autovacuum_vacuum_scale_factor=0.02);

create table repository (
  repository_id uuid not null default gen_random_uuid(),
  constraint repository_pkey PRIMARY KEY (repository_id)
);

create table run (
  instance_id bigint not null,
  definition text not null,
  version integer not null,
  schedule_id bigint,
  schedule text,
  trigger text not null,
  nominal_time timestamp with time zone,
  secret_parameters text[] not null default '{}'::text[],
  constraint run_pkey PRIMARY KEY (instance_id),
  constraint run_instance_id_fkey FOREIGN KEY (instance_id) REFERENCES job_instance(instance_id) ON DELETE CASCADE,
  constraint run_trigger_check CHECK (trigger = ANY (ARRAY['schedule'::text, 'manual'::text, 'pipeline'::text, 'bulk'::text]))
);
CREATE INDEX run_of_definition ON run USING btree (definition, instance_id DESC);
CREATE INDEX run_of_schedule ON run USING btree (schedule_id, instance_id DESC) WHERE schedule_id IS NOT NULL;

create table schedule (
  schedule_id bigint not null generated always as identity,
  name text not null,
  code text,
  label text,
  description text,
  definition text not null,
  version integer,
  parameters jsonb not null,
  timing jsonb not null,
  time_zone text not null,
  start_time timestamp with time zone,
  end_time timestamp with time zone,
  overlap text not null,
  missed text not null,
  missed_limit integer not null,
  deadlines jsonb,
  state text not null default 'InActive'::text,
  system boolean not null default false,
  revision bigint not null default nextval('schedule_revision'::regclass),
  create_time timestamp with time zone not null default clock_timestamp(),
  created_by text not null,
  update_time timestamp with time zone not null default clock_timestamp(),
  updated_by text not null,
  activated_by text,
  next_fire_time timestamp with time zone,
  counts_from_end boolean not null default false,
  constraint schedule_pkey PRIMARY KEY (name),
  constraint schedule_schedule_id_key UNIQUE (schedule_id),
  constraint schedule_definition_fkey FOREIGN KEY (definition) REFERENCES definition(name),
  constraint schedule_missed_check CHECK (missed = ANY (ARRAY['skip'::text, 'once'::text, 'all'::text])),
  constraint schedule_missed_limit_check CHECK (missed_limit >= 1),
  constraint schedule_overlap_check CHECK (overlap = ANY (ARRAY['skip'::text, 'queue'::text, 'allow'::text])),
  constraint schedule_state_check CHECK (state = ANY (ARRAY['Active'::text, 'InActive'::text]))
)
with (fillfactor=70);
CREATE INDEX schedule_due ON schedule USING btree (next_fire_time) WHERE next_fire_time IS NOT NULL;
CREATE INDEX schedule_of_definition ON schedule USING btree (definition);

create table step_execution (
  step_execution_id bigint not null,
  execution_id bigint not null,
  instance_id bigint not null,
  step_name text not null,
  unit_id bigint not null,
  batch_status text not null,
  exit_status text,
  job_exit_status text,
  start_time timestamp with time zone not null default clock_timestamp(),
  end_time timestamp with time zone,
  last_updated_time timestamp with time zone not null default clock_timestamp(),
  message text,
  persistent_user_data bytea,
  reader_checkpoint bytea,
  writer_checkpoint bytea,
  chunk_number bigint not null default 0,
  partitioned boolean not null default false,
  read_count bigint not null default 0,
  write_count bigint not null default 0,
  commit_count bigint not null default 0,
  rollback_count bigint not null default 0,
  read_skip_count bigint not null default 0,
  process_skip_count bigint not null default 0,
  filter_count bigint not null default 0,
  write_skip_count bigint not null default 0,
  constraint step_execution_pkey PRIMARY KEY (step_execution_id),
  constraint step_execution_execution_id_fkey FOREIGN KEY (execution_id) REFERENCES job_execution(execution_id) ON DELETE CASCADE,
  constraint step_execution_batch_status_check CHECK (batch_status = ANY (ARRAY['STARTING'::text, 'STARTED'::text, 'STOPPING'::text, 'STOPPED'::text, 'FAILED'::text, 'COMPLETED'::text, 'ABANDONED'::text]))
)
with (autovacuum_analyze_scale_factor=0.02, autovacuum_vacuum_scale_factor=0.02, fillfactor=70);
CREATE INDEX step_execution_by_execution ON step_execution USING btree (execution_id, step_execution_id);
CREATE INDEX step_execution_by_instance ON step_execution USING btree (instance_id, step_name, step_execution_id);
CREATE TRIGGER tell_changed AFTER UPDATE OF batch_status ON step_execution FOR EACH ROW WHEN (old.batch_status IS DISTINCT FROM new.batch_status) EXECUTE FUNCTION tell_step();
CREATE TRIGGER tell_new AFTER INSERT ON step_execution FOR EACH ROW EXECUTE FUNCTION tell_step();

create table unit (
  unit_id bigint not null,
  kind text not null,
  parent_id bigint,
  root_id bigint not null,
  instance_id bigint not null,
  execution_id bigint not null,
  application text not null,
  status text not null,
  waits_for text,
  priority integer not null default 4,
  ready_time timestamp with time zone not null default clock_timestamp(),
  cap_keys text[] not null default '{}'::text[],
  holds_caps boolean not null default false,
  recovery text,
  time_limit_seconds double precision,
  time_warning_seconds double precision,
  first_step text,
  only_incarnation uuid,
  incarnation uuid,
  epoch integer not null default 0,
  seq bigint not null default 0,
  resumed boolean not null default false,
  stop_requested_by text,
  stop_requested_at timestamp with time zone,
  overdue text,
  pause_requested boolean not null default false,
  preemptible boolean not null default false,
  yield_requested_at timestamp with time zone,
  step_execution_id bigint,
  partition_number integer,
  split text,
  flow text,
  constraint unit_pkey PRIMARY KEY (unit_id),
  constraint unit_check CHECK ((status = 'WAITING'::text) = (waits_for IS NOT NULL)),
  constraint unit_kind_check CHECK (kind = ANY (ARRAY['execution'::text, 'flow'::text, 'partition'::text])),
  constraint unit_recovery_check CHECK (recovery = ANY (ARRAY['fail'::text, 'resume'::text])),
  constraint unit_status_check CHECK (status = ANY (ARRAY['WAITING'::text, 'READY'::text, 'CLAIMED'::text, 'STARTED'::text, 'STOPPING'::text])),
  constraint unit_waits_for_check CHECK (waits_for = ANY (ARRAY['cap'::text, 'delay'::text, 'pause'::text]))
)
with (autovacuum_analyze_scale_factor=0, autovacuum_analyze_threshold=5000, autovacuum_vacuum_scale_factor=0, autovacuum_vacuum_threshold=1000, fillfactor=50);
CREATE INDEX unit_of_execution ON unit USING btree (execution_id);
CREATE INDEX unit_of_incarnation ON unit USING btree (incarnation) WHERE incarnation IS NOT NULL;
CREATE INDEX unit_of_parent ON unit USING btree (parent_id) WHERE parent_id IS NOT NULL;
CREATE INDEX unit_of_root ON unit USING btree (root_id);
CREATE INDEX unit_ready ON unit USING btree ((kind = 'execution'::text), priority DESC, ready_time, unit_id) WHERE status = 'READY'::text;
CREATE INDEX unit_waiting ON unit USING btree (waits_for, ready_time) WHERE status = 'WAITING'::text;
CREATE INDEX unit_yielding ON unit USING btree (unit_id) WHERE yield_requested_at IS NOT NULL;
