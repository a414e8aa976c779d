// The judgement after a storm, from tables that the engine does not count with: the ledger and the trigger's notes.
import type { Database } from '../../../src/store/database.ts'
import type { Load, Policy } from './storm-load.ts'
import type { StormPlace } from './storm-place.ts'

export interface Figures {
  readonly rows: number
  /** Units that were at work on a server that was declared dead, by kind. */
  readonly interrupted: Readonly<Record<string, number>>
  /** The same by policy. */
  readonly interruptedUnder: Readonly<Record<Policy, number>>
  readonly claims: number
  readonly epochs: number
}

async function query<Row>(db: Database, sql: string, values: readonly unknown[] = []): Promise<Row[]> {
  return ((await db.raw(sql, values as string[])) as { rows: Row[] }).rows
}

export async function figuresOf({ db }: StormPlace, load: Load): Promise<Figures> {
  const [counts] = await query<{ rows: number; claims: number; epochs: number }>(
    db,
    `select (select count(*)::int from ledger.entry) as rows,
      (select count(*)::int from ledger.held where status = 'CLAIMED') as claims,
      (select count(distinct (unit_id, epoch))::int from ledger.held where status = 'STARTED') as epochs`
  )
  const kinds = await query<{ kind: string; n: number }>(
    db,
    'select kind, count(*)::int as n from ledger.interrupted group by kind order by kind'
  )
  const instances = await query<{ instance_id: number }>(db, 'select instance_id from ledger.interrupted')
  const under = (policy: Policy) =>
    instances.filter(({ instance_id: id }) => load.accepted.get(id)?.policy === policy).length
  return {
    ...counts!,
    interrupted: Object.fromEntries(kinds.map(({ kind, n }) => [kind, n])),
    interruptedUnder: { fail: under('fail'), resume: under('resume') }
  }
}

/** Each is one sentence; none is what is wanted. The servers must be up and idle. */
export async function problemsOf({ db }: StormPlace, load: Load, servers: number): Promise<string[]> {
  const problems: string[] = []
  const of = (policy: Policy) =>
    [...load.accepted].filter(([, accepted]) => accepted.policy === policy).map(([id]) => id)
  const none = async (what: string, sql: string, values: readonly unknown[] = []) => {
    const found = await query<object>(db, sql, values)
    if (found.length > 0) problems.push(`${what}: ${found.length}, ${JSON.stringify(found.slice(0, 5))}`)
  }
  problems.push(...(await wrongInstances(db, load)))
  await none(
    'rows of the ledger more than once',
    `select instance_id, step, partition_number, n, count(*)::int as times, array_agg(unit_id || '/' || epoch || ' ' || session)
    from ledger.entry group by 1, 2, 3, 4 having count(*) > 1 order by 1`
  )
  await none(
    'units that two servers held in one epoch',
    `select unit_id, epoch, array_agg(distinct incarnation) as servers from ledger.held
    group by 1, 2 having count(distinct incarnation) > 1`
  )
  await none(
    'rows written by a server that did not hold the unit in that epoch',
    `select e.unit_id, e.epoch, e.session, count(*)::int as rows from ledger.entry e
    where not exists (select from ledger.held h where h.unit_id = e.unit_id and h.epoch = e.epoch
      and h.status = 'STARTED' and e.session = 'batchyard ' || h.incarnation)
    group by 1, 2, 3`
  )
  await none('units left behind', 'select unit_id, kind, status, incarnation from batchyard.unit')
  await none(
    'executions, steps or partitions that did not end',
    `select 'execution' as what, execution_id as id from batchyard.job_execution where batch_status <> all(array['COMPLETED', 'FAILED', 'STOPPED'])
    union all select 'step', step_execution_id from batchyard.step_execution where batch_status <> all(array['COMPLETED', 'FAILED', 'STOPPED'])
    union all select 'partition', step_execution_id from batchyard.partition where batch_status <> all(array['COMPLETED', 'FAILED', 'STOPPED'])`
  )
  const known = await query<{ incarnation: string }>(db, 'select incarnation from batchyard.incarnation')
  if (known.length !== servers) problems.push(`${known.length} servers are known, and ${servers} live`)
  await none(
    'executions more than one of an instance, under resume',
    'select instance_id, executions from batchyard.job_instance where executions > 1 and instance_id = any(?)',
    [of('resume')]
  )
  await none(
    'interrupted executions that are not FAILED with a reason, under fail',
    `select execution_id, batch_status, reason from batchyard.job_execution
    where crashes > 0 and (batch_status <> 'FAILED' or reason is null) and instance_id = any(?)`,
    [of('fail')]
  )
  return problems
}

async function wrongInstances(db: Database, load: Load): Promise<string[]> {
  const found = await query<{ instance_id: number; instance_state: string; rows: number; different: number }>(
    db,
    `select i.instance_id, i.instance_state, count(e.n)::int as rows,
      count(distinct (e.step, e.partition_number, e.n)) filter (where e.n is not null)::int as different
    from batchyard.job_instance i left join ledger.entry e using (instance_id) group by 1, 2 order by 1`
  )
  const problems: string[] = []
  const unknown = found.filter(({ instance_id: id }) => !load.accepted.has(id))
  if (unknown.length > 0) problems.push(`instances nobody was told of: ${JSON.stringify(unknown)}`)
  for (const [instanceId, { jobName, rows }] of load.accepted) {
    const instance = found.find(({ instance_id: id }) => id === instanceId)
    if (instance?.instance_state !== 'COMPLETED' || instance.rows !== rows || instance.different !== rows)
      problems.push(
        `instance ${instanceId} (${jobName}, ${rows} rows): ${JSON.stringify(instance ?? 'is gone')}`
      )
  }
  return problems
}
