-- What the migrations come to: the schema `batchyard`, printed from PostgreSQL's catalogue by `npm run db:dump`.
-- For readers; no program runs it. `npm run check` compares it.

create extension pg_trgm;

create sequence event_id as bigint;
create sequence job_execution_id as bigint;
create sequence job_instance_id as bigint;
create sequence step_execution_id as bigint;
create sequence unit_id as bigint;

CREATE OR REPLACE FUNCTION batchyard.tell_execution()
 RETURNS trigger
 LANGUAGE plpgsql
AS $function$
begin
  if tg_op = 'INSERT' and new.execution_number > 0 then
    insert into batchyard.event (kind, instance_id, body)
    values ('jobs/execution/restarting', new.instance_id, to_jsonb(new));
  end if;
  insert into batchyard.event (kind, instance_id, body)
  values ('jobs/execution/' || lower(new.batch_status), new.instance_id, to_jsonb(new));
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
begin
  if tg_op = 'DELETE' then
    insert into batchyard.event (kind, instance_id, body) values ('jobs/instance/purged', old.instance_id, to_jsonb(old));
    return null;
  end if;
  if tg_op = 'UPDATE' and new.instance_state = 'DISPATCHED' and old.instance_state = 'JMS_QUEUED' then
    insert into batchyard.event (kind, instance_id, body)
    values ('jobs/instance/jms_consumed', new.instance_id, to_jsonb(new) || '{"instance_state": "JMS_CONSUMED", "batch_status": "STARTING"}');
  end if;
  insert into batchyard.event (kind, instance_id, body)
  values ('jobs/instance/' || lower(case new.batch_status when 'STOPPING' then 'STOPPING' else new.instance_state end),
    new.instance_id, to_jsonb(new));
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
    to_jsonb(new) - '{persistent_user_data,reader_checkpoint,writer_checkpoint}'::text[]);
  return null;
end $function$;

create table audit (
  audit_id bigint not null generated always as identity,
  create_time timestamp with time zone not null default clock_timestamp(),
  actor text not null,
  action text not null,
  subject text not null,
  detail jsonb not null,
  chain_number bigint,
  hash bytea,
  constraint audit_pkey PRIMARY KEY (audit_id),
  constraint audit_chain_number_key UNIQUE (chain_number),
  constraint audit_check CHECK ((chain_number IS NULL) = (hash IS NULL))
);
CREATE INDEX audit_unchained ON audit USING btree (audit_id) WHERE chain_number IS NULL;

create table cap (
  key text not null,
  "limit" integer not null,
  running integer not null default 0,
  constraint cap_pkey PRIMARY KEY (key),
  constraint cap_limit_check CHECK ("limit" >= 1),
  constraint cap_running_check CHECK (running >= 0)
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
  applications text[] not null,
  start_time timestamp with time zone not null default clock_timestamp(),
  expires timestamp with time zone not null,
  dead_at timestamp with time zone,
  free_threads integer not null default 0,
  constraint incarnation_pkey PRIMARY KEY (incarnation)
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

create table repository (
  repository_id uuid not null default gen_random_uuid(),
  constraint repository_pkey PRIMARY KEY (repository_id)
);

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
  only_incarnation uuid,
  incarnation uuid,
  epoch integer not null default 0,
  seq bigint not null default 0,
  resumed boolean not null default false,
  stop_requested_by text,
  stop_requested_at timestamp with time zone,
  overdue text,
  pause_requested boolean not null default false,
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
