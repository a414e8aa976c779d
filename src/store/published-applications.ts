// What the servers of one database can run: each publishes it with its incarnation, so that servers without the applications
// know them, and whoever explains why a job waits can tell who could run it.
import { createHash } from 'node:crypto'
import { type Database, rows } from './database.ts'
import type { Runs, ServerRole } from './incarnations.ts'

/** As an application's code exports them. */
export interface PublishedArtifacts {
  readonly exports: readonly string[]
  readonly ids: readonly string[]
}

export interface PublishedJob {
  readonly jobXMLName: string
  /** `null`: it cannot be read, for the reason `problem`. */
  readonly jsl: string | null
  readonly problem: string | null
}

export interface PublishedApplication {
  readonly name: string
  /** Of its code's content: the same wherever the same lies. */
  readonly version: string
  /** `null` = not known (yet). */
  readonly artifacts: PublishedArtifacts | null
  /** Why its code cannot be loaded. */
  readonly problem: string | null
  readonly jobs: readonly PublishedJob[]
}

/** In place of what the incarnation published before. `false`: it is marked dead, or gone. */
export async function publishApplications(
  db: Database,
  incarnation: string,
  published: { readonly runs: readonly string[]; readonly applications: readonly PublishedApplication[] }
): Promise<boolean> {
  const jobs = published.applications.flatMap(({ name, jobs: its }) =>
    its.map(({ jobXMLName, jsl, problem }) => ({ application: name, jobXMLName, jsl, problem }))
  )
  return await db.transaction(async trx => {
    const mine = await rows(
      trx,
      /* sql */ `update incarnation set applications = :runs where incarnation = :incarnation and dead_at is null
      returning incarnation`,
      { incarnation, runs: published.runs }
    )
    if (mine.length === 0) return false
    await rows(trx, 'delete from published_application where incarnation = :incarnation', { incarnation })
    await rows(
      trx,
      /* sql */ `insert into published_application (incarnation, name, version, artifacts, problem)
      select :incarnation, name, version, artifacts, problem
      from json_to_recordset(:applications::json) as g (name text, version text, artifacts jsonb, problem text)`,
      {
        incarnation,
        applications: JSON.stringify(published.applications.map(({ jobs: _, ...application }) => application))
      }
    )
    const xmlIds = await storeTexts(
      trx,
      jobs.flatMap(({ jsl }) => jsl ?? [])
    )
    await rows(
      trx,
      /* sql */ `insert into published_job (incarnation, application, job_xml_name, xml_id, problem)
      select :incarnation, application, "jobXMLName", "xmlId", problem
      from json_to_recordset(:jobs::json) as g (application text, "jobXMLName" text, "xmlId" bigint, problem text)`,
      {
        incarnation,
        jobs: JSON.stringify(
          jobs.map(({ jsl, ...job }) => ({ ...job, xmlId: jsl === null ? null : xmlIds.get(keyOf(jsl)) }))
        )
      }
    )
    return true
  })
}

/** By `keyOf`. In the order of the hashes: servers that start at one moment publish the same texts. */
async function storeTexts(trx: Database, texts: readonly string[]): Promise<Map<string, number>> {
  const byKey = new Map(texts.map(jsl => [keyOf(jsl), jsl]))
  const stored = await rows<{ key: string; xmlId: number }>(
    trx,
    /* sql */ `insert into job_xml (sha256, jsl)
    select decode(key, 'hex'), jsl from json_to_recordset(:texts::json) as g (key text, jsl text) order by key
    on conflict (sha256) do update set last_used = clock_timestamp()
    returning encode(sha256, 'hex') as key, xml_id as "xmlId"`,
    { texts: JSON.stringify([...byKey].map(([key, jsl]) => ({ key, jsl }))) }
  )
  return new Map(stored.map(({ key, xmlId }) => [key, xmlId]))
}

function keyOf(jsl: string): string {
  return createHash('sha256').update(jsl).digest('hex')
}

/**
 * Not declared dead. One whose lease has run out may only be slow, or PostgreSQL was away for all (ENGINE E7): what it runs is not
 * refused for that.
 */
const ALIVE = 'i.dead_at is null'

export interface LiveServer extends Required<Runs> {
  readonly incarnation: string
  readonly serverId: string
  readonly address: string
  readonly role: ServerRole
  readonly threads: number
  /** As of its last renewal. */
  readonly freeThreads: number
  /** Its lease holds: it claims. */
  readonly renewed: boolean
}

/** All that are not declared dead, oldest first. */
export async function liveServers(db: Database): Promise<LiveServer[]> {
  return await rows<LiveServer>(
    db,
    /* sql */ `select i.incarnation, i.server_id as "serverId", i.address, i.role, i.applications,
      i.operation_groups as "operationGroups", i.threads, i.free_threads as "freeThreads",
      i.expires > clock_timestamp() as renewed
    from incarnation i where ${ALIVE} order by i.start_time, i.incarnation`
  )
}

/** The packaged JSL of that name on the server that started last of those that have it; `null` = none has. */
export async function findPublishedJsl(
  db: Database,
  job: { readonly application: string; readonly jobXMLName: string }
): Promise<{ readonly xmlId: number | null; readonly problem: string | null } | null> {
  const [found] = await rows<{ xmlId: number | null; problem: string | null }>(
    db,
    /* sql */ `select p.xml_id as "xmlId", p.problem from published_job p join incarnation i using (incarnation)
    where ${ALIVE} and p.application = :application and p.job_xml_name = :jobXMLName
    order by p.xml_id is null, i.start_time desc limit 1`,
    job
  )
  return found ?? null
}

/** Packaged JSL of an application by name, on whichever servers; of one name that of the server that started last. */
export async function findPublishedJobs(db: Database, application: string): Promise<PublishedJob[]> {
  return await rows<PublishedJob>(
    db,
    /* sql */ `select distinct on (p.job_xml_name) p.job_xml_name as "jobXMLName", x.jsl, p.problem
    from published_job p join incarnation i using (incarnation) left join job_xml x using (xml_id)
    where ${ALIVE} and p.application = :application order by p.job_xml_name, i.start_time desc`,
    { application }
  )
}

/** One application as one server published it. */
export interface FoundPublication extends Omit<PublishedApplication, 'jobs'> {
  readonly serverId: string
}

/** By name and server id; `names` absent = all. */
export async function findPublications(db: Database, names?: readonly string[]): Promise<FoundPublication[]> {
  return await rows<FoundPublication>(
    db,
    /* sql */ `select i.server_id as "serverId", p.name, p.version, p.artifacts, p.problem
    from published_application p join incarnation i using (incarnation)
    where ${ALIVE} and (:names::text[] is null or p.name = any(:names)) order by p.name, i.server_id`,
    { names: names ?? null }
  )
}

/** Whether a server lives that does not have all of these itself, and has to be told what is in them. */
export async function someoneLacks(db: Database, names: readonly string[]): Promise<boolean> {
  const found = await rows(
    db,
    `select from incarnation i where ${ALIVE} and not i.applications @> :names::text[] limit 1`,
    { names }
  )
  return found.length > 0
}
