-- Bulk jobs (requirement document 002): one operation over the objects of a manifest. A bulk job runs as a job instance; what
-- stands here is what an instance does not have: the manifest, its rows as tasks, their outcomes, and the states of document 002.

-- Manifests as they were sent, in pieces: every server reads them, and none is ever in memory as a whole.
create table bulk_manifest (
  manifest_id text primary key,
  submitter text not null,
  -- MD5 as hex, and bytes; null until the last piece is there.
  etag text,
  size bigint,
  create_time timestamptz not null default clock_timestamp()
);

create table bulk_manifest_piece (
  manifest_id text not null references bulk_manifest on delete cascade,
  piece integer not null,
  bytes bytea not null,
  primary key (manifest_id, piece)
);

create table bulk_job (
  job_id text primary key,
  -- Of their creation, in order.
  job_number bigint generated always as identity unique,
  submitter text not null,
  -- Groups of callers beside the submitter that may reach it, as of its instance.
  operation_groups text[] not null default '{}',
  client_request_token text not null,
  -- SHA-256 over what was asked for: the same token means the same job, or a refusal.
  fingerprint bytea not null,
  job_status text not null default 'New' check (job_status in ('New', 'Preparing', 'Suspended', 'Ready', 'Active', 'Pausing', 'Paused', 'Completing', 'Complete', 'Cancelling', 'Cancelled', 'Failing', 'Failed')),
  priority integer not null check (priority >= 0),
  description text not null,
  confirmation_required boolean not null,
  -- [{"key", "value"}], of its user's own.
  tags jsonb not null default '[]',
  -- Manifest, operation, report and failure threshold, as given.
  request json not null,
  -- Its tasks are those that failed in this one, not the rows of a manifest.
  rerun_of text,
  instance_id bigint,
  task_count bigint not null default 0,
  create_time timestamptz not null default clock_timestamp(),
  termination_date timestamptz,
  -- Since when it is Active, and milliseconds of the times before.
  active_since timestamptz,
  active_millis bigint not null default 0,
  suspended_date timestamptz,
  suspended_cause text,
  failure_reasons jsonb not null default '[]',
  status_update_reason text,
  cancelled_by text,
  report json,
  -- The server that reads its manifest, submits it or writes its report: void once that one is dead.
  worker uuid,
  unique (submitter, client_request_token)
) with (fillfactor = 70);

create index bulk_job_by_priority on bulk_job (priority desc, job_number);
create index bulk_job_alive on bulk_job (priority) where job_status not in ('Suspended', 'Complete', 'Cancelled', 'Failed');
create index bulk_job_of_instance on bulk_job (instance_id) where instance_id is not null;

-- The rows of manifests, once all of one are read.
create table bulk_task (
  job_number bigint not null references bulk_job (job_number) on delete cascade,
  task_row bigint not null,
  bucket text not null,
  object_key text not null,
  version_id text,
  fields jsonb,
  primary key (job_number, task_row)
);

-- The ledger: exactly one row for a task that was done, written in the transaction of its chunk.
create table bulk_outcome (
  job_number bigint not null references bulk_job (job_number) on delete cascade,
  task_row bigint not null,
  succeeded boolean not null,
  attempts integer not null,
  error_code text,
  http_status integer,
  message text,
  primary key (job_number, task_row)
);

create index bulk_outcome_failed on bulk_outcome (job_number, task_row) where not succeeded;

-- The ledger, counted: a row for each partition, so that partitions do not wait for one another.
create table bulk_progress (
  job_number bigint not null references bulk_job (job_number) on delete cascade,
  partition_number integer not null,
  succeeded bigint not null,
  failed bigint not null,
  primary key (job_number, partition_number)
) with (fillfactor = 50);

-- Every status a bulk job had, and why.
create table bulk_event (
  job_number bigint not null references bulk_job (job_number) on delete cascade,
  event_number bigint generated always as identity,
  create_time timestamptz not null default clock_timestamp(),
  moved_to text not null,
  reason text,
  primary key (job_number, event_number)
);

-- What runs for a task whose operation is a job definition: stored with the instance, so that no task has two.
create table bulk_run (
  job_number bigint not null references bulk_job (job_number) on delete cascade,
  task_row bigint not null,
  -- null: it was refused, and why.
  instance_id bigint,
  error_code text,
  message text,
  primary key (job_number, task_row)
);
