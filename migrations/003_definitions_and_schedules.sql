-- Job definitions and schedules (requirement documents 000 and 004). What runs is a job instance; what stands here is what an
-- instance does not have: which version of which definition it came from, what started it, and what the clock decided.

create table definition (
  name text primary key,
  description text,
  application text not null,
  system boolean not null default false,
  -- Never used twice, also after a deletion: a run's (definition, version) means one thing for ever.
  latest_version integer not null,
  revision bigint not null default 1,
  create_time timestamptz not null default clock_timestamp(),
  created_by text not null,
  -- Its history and the steps of its runs stay readable.
  delete_time timestamptz
);

create table definition_version (
  name text not null references definition,
  version integer not null,
  application text not null,
  -- Of the application's file that was copied; null where the JSL came with the request.
  job_xml_name text,
  jsl text not null,
  steps text[] not null,
  -- Name -> default, required, secret, description.
  parameters jsonb not null,
  -- startWithinSeconds, endWithinSeconds; null = none.
  deadlines jsonb,
  create_time timestamptz not null default clock_timestamp(),
  created_by text not null,
  primary key (name, version)
);

-- Over all schedules, so that one of a name that was deleted is never taken for its successor.
create sequence schedule_revision as bigint;

create table schedule (
  schedule_id bigint generated always as identity unique,
  name text primary key,
  code text,
  label text,
  description text,
  definition text not null references definition (name),
  -- null = the latest at each firing.
  version integer,
  parameters jsonb not null,
  timing jsonb not null,
  time_zone text not null,
  start_time timestamptz,
  end_time timestamptz,
  overlap text not null check (overlap in ('skip', 'queue', 'allow')),
  missed text not null check (missed in ('skip', 'once', 'all')),
  missed_limit integer not null check (missed_limit >= 1),
  -- Each outweighs the definition's.
  deadlines jsonb,
  state text not null default 'InActive' check (state in ('Active', 'InActive')),
  system boolean not null default false,
  revision bigint not null default nextval('schedule_revision'),
  create_time timestamptz not null default clock_timestamp(),
  created_by text not null,
  update_time timestamptz not null default clock_timestamp(),
  updated_by text not null,
  -- Whose name its runs have.
  activated_by text,
  -- The next nominal time; null = none, or not known before the run in progress has ended.
  next_fire_time timestamptz,
  -- It counts from the end of the last run.
  counts_from_end boolean not null default false
) with (fillfactor = 70);

create index schedule_due on schedule (next_fire_time) where next_fire_time is not null;
create index schedule_of_definition on schedule (definition);

-- Where a job instance came from; stored with the instance, and gone with it.
create table run (
  instance_id bigint primary key references job_instance on delete cascade,
  definition text not null,
  version integer not null,
  schedule_id bigint,
  schedule text,
  trigger text not null check (trigger in ('schedule', 'manual', 'pipeline', 'bulk')),
  nominal_time timestamptz,
  -- Of the definition's parameters: nobody is shown their values.
  secret_parameters text[] not null default '{}'
);

create index run_of_definition on run (definition, instance_id desc);
create index run_of_schedule on run (schedule_id, instance_id desc) where schedule_id is not null;

-- By when a run must have started or ended; of a nominal time also without a run. Judged once, when it is due: a missed one is told.
create table deadline (
  deadline_id bigint generated always as identity primary key,
  kind text not null check (kind in ('start', 'end')),
  due timestamptz not null,
  instance_id bigint references job_instance on delete cascade,
  definition text not null,
  schedule_id bigint,
  schedule text,
  nominal_time timestamptz,
  judged_at timestamptz,
  missed boolean not null default false
) with (fillfactor = 80);

create index deadline_due on deadline (due) where judged_at is null;
create unique index deadline_of_instance on deadline (instance_id, kind) where instance_id is not null;
create unique index deadline_of_nominal_time on deadline (schedule_id, nominal_time, kind) where nominal_time is not null;

-- What became of each nominal time: there is one row for it over all servers, written in the transaction of its submit.
create table decision (
  schedule_id bigint not null references schedule (schedule_id) on delete cascade,
  nominal_time timestamptz not null,
  decision text not null check (decision in ('fired', 'skipped', 'queued')),
  reason text check (reason in ('overlap', 'missed', 'maintenance', 'inactive', 'refused')),
  -- What was refused, and why.
  message text,
  instance_id bigint,
  decision_time timestamptz not null default clock_timestamp(),
  -- It is still to be fired: it is queued, or is made up for when that is possible.
  waiting boolean not null default false,
  primary key (schedule_id, nominal_time)
) with (fillfactor = 80);

create index decision_waiting on decision (schedule_id, nominal_time) where waiting;

-- One row: whether only the server's own batches may start.
create table maintenance (
  only_row boolean primary key default true check (only_row),
  is_on boolean not null default false,
  reason text,
  since timestamptz,
  revision bigint not null default 1
);

insert into maintenance default values;
