// Job definitions and their versions as rows: a version is inserted once and never changed.
import type { Deadlines } from '../batch/deadlines.ts'
import type { JobDefinition, ParameterSpecs } from '../batch/job-definition.ts'
import { appendAudit } from './audit.ts'
import { type Database, rows } from './database.ts'
import { likePattern } from './selection-conditions.ts'
import { transactionOnce } from './transaction-once.ts'

/** How long a change waits for a PostgreSQL that is away. */
const AWAY_MS = 8000

export interface NewVersion {
  readonly name: string
  readonly application: string
  readonly jobXMLName: string | null
  readonly jsl: string
  readonly steps: readonly string[]
  readonly parameters: ParameterSpecs
  readonly deadlines: Deadlines | null
  readonly by: string
}

export interface NewDefinition extends NewVersion {
  readonly description: string | null
  readonly system: boolean
}

/** `null` = the name is taken. A name that was deleted goes on with its next version. */
export async function insertDefinition(
  db: Database,
  definition: NewDefinition
): Promise<JobDefinition | null> {
  return await transactionOnce(db, { awayMs: AWAY_MS }, async trx => {
    const [inserted] = await rows<{ version: number }>(
      trx,
      /* sql */ `
      insert into definition (name, description, application, system, latest_version, created_by)
      values (:name, :description, :application, :system, 1, :by)
      on conflict (name) do update set description = excluded.description, application = excluded.application,
        system = excluded.system, latest_version = definition.latest_version + 1, revision = definition.revision + 1,
        create_time = clock_timestamp(), created_by = excluded.created_by, delete_time = null
      where definition.delete_time is not null returning latest_version as version`,
      { ...definition }
    )
    if (inserted === undefined) return null
    await insertVersionRow(trx, definition, inserted.version)
    // What comes with the server is nobody's deed.
    if (!definition.system)
      await appendAudit(trx, [
        {
          who: definition.by,
          what: 'definition.create',
          target: `definition:${definition.name}`,
          after: shown(definition, inserted.version)
        }
      ])
    return await findDefinition(trx, definition.name)
  })
}

/** `null` = there is no such definition. Its application stays what it is. */
export async function insertDefinitionVersion(
  db: Database,
  version: NewVersion
): Promise<JobDefinition | null> {
  return await transactionOnce(db, { awayMs: AWAY_MS }, async trx => {
    const [updated] = await rows<{ version: number; system: boolean }>(
      trx,
      /* sql */ `update definition set latest_version = latest_version + 1, revision = revision + 1
      where name = :name and delete_time is null returning latest_version as version, system`,
      { name: version.name }
    )
    if (updated === undefined) return null
    await insertVersionRow(trx, version, updated.version)
    if (!updated.system)
      await appendAudit(trx, [
        {
          who: version.by,
          what: 'definition.version',
          target: `definition:${version.name}`,
          after: shown(version, updated.version)
        }
      ])
    return await findDefinition(trx, version.name)
  })
}

function shown({ application, jobXMLName, steps }: NewVersion, version: number) {
  return { version, application, jobXMLName, steps }
}

async function insertVersionRow(trx: Database, given: NewVersion, version: number): Promise<void> {
  await rows(
    trx,
    /* sql */ `
    insert into definition_version (name, version, application, job_xml_name, jsl, steps, parameters, deadlines,
      created_by)
    values (:name, :version, :application, :jobXMLName, :jsl, :steps::text[], :parameters::jsonb, :deadlines::jsonb,
      :by)`,
    {
      ...given,
      version,
      parameters: JSON.stringify(given.parameters),
      deadlines: jsonOrNull(given.deadlines)
    }
  )
}

function jsonOrNull(value: object | null): string | null {
  return value === null ? null : JSON.stringify(value)
}

const SELECT = /* sql */ `
  select d.name, v.version, d.latest_version as "latestVersion", d.description, v.application,
    v.job_xml_name as "jobXMLName", v.steps, v.parameters, v.deadlines, v.create_time as "createTime", v.created_by as "createdBy",
    d.system, d.revision
  from definition d join definition_version v using (name)`

/** `version`: none = the latest. */
export async function findDefinition(
  db: Database,
  name: string,
  version: number | null = null
): Promise<JobDefinition | null> {
  const [found] = await rows<JobDefinition>(
    db,
    `${SELECT} where d.name = :name and d.delete_time is null and v.version = coalesce(:version::integer, d.latest_version)`,
    { name, version }
  )
  return found ?? null
}

/** Whether there is or was one of this name: its history can be read. */
export async function definitionWasThere(db: Database, name: string): Promise<boolean> {
  return (await rows(db, 'select from definition where name = :name', { name })).length === 1
}

/** Also of a definition that was deleted. */
export async function findDefinitionVersion(
  db: Database,
  name: string,
  version: number
): Promise<{ readonly steps: readonly string[] } | null> {
  const [found] = await rows<{ steps: string[] }>(
    db,
    'select steps from definition_version where name = :name and version = :version',
    { name, version }
  )
  return found ?? null
}

/** What a start needs beside the definition. */
export async function findDefinitionJsl(db: Database, name: string, version: number): Promise<string> {
  const [found] = await rows<{ jsl: string }>(
    db,
    'select jsl from definition_version where name = :name and version = :version',
    { name, version }
  )
  if (found === undefined) throw new Error(`version ${version} of definition ${name} is gone`)
  return found.jsl
}

/** By name; `name`: a pattern with `*`. The latest version of each. */
export async function listDefinitions(
  db: Database,
  search: { readonly name: string | null; readonly after: string | null; readonly limit: number }
): Promise<JobDefinition[]> {
  return await rows<JobDefinition>(
    db,
    /* sql */ `${SELECT} where d.delete_time is null and v.version = d.latest_version
      and (:pattern::text is null or d.name like :pattern)
      and (:after::text is null or d.name > :after collate "C")
    order by d.name collate "C" limit :limit`,
    {
      pattern: search.name === null ? null : likePattern(search.name),
      after: search.after,
      limit: search.limit
    }
  )
}

/** Of each, in order: the parameters of its version, or of the latest; none where there is none. */
export async function listSpecs(
  db: Database,
  wanted: readonly { readonly definition: string; readonly version: number | null }[]
): Promise<ParameterSpecs[]> {
  const found = await rows<{ parameters: ParameterSpecs | null }>(
    db,
    /* sql */ `select v.parameters
    from json_to_recordset(:wanted::json) as w (definition text, version integer, at integer)
      left join definition d on d.name = w.definition
      left join definition_version v on v.name = d.name and v.version = coalesce(w.version, d.latest_version)
    order by w.at`,
    { wanted: JSON.stringify(wanted.map(({ definition, version }, at) => ({ definition, version, at }))) }
  )
  return found.map(({ parameters }) => parameters ?? {})
}

/** Newest first; `before`: a version. */
export async function listDefinitionVersions(
  db: Database,
  name: string,
  page: { readonly before: number | null; readonly limit: number }
): Promise<JobDefinition[]> {
  return await rows<JobDefinition>(
    db,
    /* sql */ `${SELECT} where d.name = :name and d.delete_time is null
      and (:before::bigint is null or v.version < :before::bigint)
    order by v.version desc limit :limit`,
    { name, ...page }
  )
}
