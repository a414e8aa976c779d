-- What changes tells of itself (ENGINE E17): a status that is written, by whichever statement, leaves an event in the same
-- commit. The kinds are Liberty's topics below its root. Bodies are what is shown of the rows, as they are then, without what is
-- nothing: no-op jobs write more of them than of all else. How Liberty shows them is the business of whoever reads. Names are
-- qualified: a session may have a search path of its own.

-- One row: until when somebody wants events that are told on demand only (checkpoints, parts of job logs).
create table event_demand (
  only_row boolean primary key default true check (only_row),
  wanted_until timestamptz not null default '-infinity'
) with (fillfactor = 20);

insert into event_demand default values;

create function tell_instance() returns trigger language plpgsql as $$
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
end $$;

create trigger tell_new after insert on job_instance for each row execute function tell_instance();
-- ABANDONED is told of the execution alone, as Liberty does.
create trigger tell_changed after update of batch_status, instance_state on job_instance for each row
  when (new.batch_status <> 'ABANDONED'
    and (old.batch_status is distinct from new.batch_status and new.batch_status = 'STOPPING'
      or old.instance_state is distinct from new.instance_state))
  execute function tell_instance();
create trigger tell_gone after delete on job_instance for each row execute function tell_instance();

create function tell_execution() returns trigger language plpgsql as $$
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
end $$;

create trigger tell_new after insert on job_execution for each row execute function tell_execution();
create trigger tell_changed after update of batch_status on job_execution for each row
  when (old.batch_status is distinct from new.batch_status) execute function tell_execution();

create function tell_step() returns trigger language plpgsql as $$
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
end $$;

create trigger tell_new after insert on step_execution for each row execute function tell_step();
create trigger tell_changed after update of batch_status on step_execution for each row
  when (old.batch_status is distinct from new.batch_status) execute function tell_step();

create function tell_partition() returns trigger language plpgsql as $$
begin
  insert into batchyard.event (kind, instance_id, body)
  select 'jobs/execution/partition/' || lower(new.batch_status), s.instance_id,
    jsonb_build_object('partition_number', new.partition_number, 'batch_status', new.batch_status,
      'exit_status', new.exit_status, 'step_name', s.step_name, 'execution_id', new.execution_id,
      'step_execution_id', new.step_execution_id)
  from batchyard.step_execution s where s.step_execution_id = new.step_execution_id;
  return null;
end $$;

create trigger tell_changed after update of batch_status on partition for each row
  when (old.batch_status is distinct from new.batch_status and new.batch_status in ('STARTED', 'STOPPED', 'COMPLETED', 'FAILED'))
  execute function tell_partition();

create function tell_flow() returns trigger language plpgsql as $$
begin
  insert into batchyard.event (kind, instance_id, body)
  select 'jobs/execution/split-flow/' || case new.batch_status when 'STARTED' then 'started' else 'ended' end, e.instance_id,
    jsonb_build_object('split', new.split, 'flow', new.flow, 'execution_id', new.execution_id)
  from batchyard.job_execution e where e.execution_id = new.execution_id;
  return null;
end $$;

create trigger tell_changed after update of batch_status on flow for each row
  when (old.batch_status is distinct from new.batch_status and new.batch_status in ('STARTED', 'STOPPED', 'COMPLETED', 'FAILED'))
  execute function tell_flow();
