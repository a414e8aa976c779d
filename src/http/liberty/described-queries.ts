// How the description of the API shows the query parameters of this room; what they mean is read by search.ts and others.
import { type TObject, type TProperties, Type } from 'typebox'
import { INSTANCE_STATES } from '../../batch/instance-state.ts'
import { SORT_FIELDS } from '../../operator/search.ts'
import { closedObject } from '../open-api/closed-object.ts'
import type { Reply } from '../open-api/operation.ts'
import { isReadIn, type SearchParameter } from './search-parameters.ts'
import type { LibertyVersion } from './version.ts'

const pattern = (what: string, version: LibertyVersion) => {
  const one = Type.String({ minLength: 1 })
  const description = `${what}; \`*\` stands for any characters.`
  return version === 'v4'
    ? Type.Array(one, { description: `${description} Of several any may match.` })
    : Type.String({ minLength: 1, description })
}

const day = 'a day (`yyyy-MM-dd`), two with a colon between, or `<Nd` or `>Nd` for N days ago'

function searchParameters(version: LibertyVersion): Record<SearchParameter, TProperties[string]> {
  return {
    page: Type.Integer({ minimum: 0, default: 0, description: 'From 0.' }),
    pageSize: Type.Integer({ minimum: 1, maximum: 10_000, default: 50 }),
    jobInstanceId: Type.String({
      description: 'An id, some with commas between, `first:last`, `<id` or `>id`.'
    }),
    createTime: Type.String({ description: `When it was submitted: ${day}.` }),
    instanceState: Type.String({
      description: `Some with commas between, of ${INSTANCE_STATES.join(', ')}.`
    }),
    exitStatus: pattern('Its exit status', version),
    lastUpdatedTime: Type.String({ description: `When it changed last: ${day}.` }),
    sort: Type.String({
      description: `Fields with commas between, \`-\` before one for descending; of ${SORT_FIELDS.join(', ')}.`
    }),
    submitter: pattern('Who submitted it', version),
    appName: pattern('Application, perhaps with `#` and module', version),
    jobName: pattern("The JSL's job id", version),
    ignoreCase: Type.Boolean({ default: false, description: 'Of the texts compared.' })
  }
}

/** What choosing instances takes in a version; `jobParameter.<name>` comes beside it from v3 on. */
export function searchQuery(version: LibertyVersion, more: TProperties = {}): TObject {
  const read = Object.entries(searchParameters(version)).filter(([name]) =>
    isReadIn(version, name as SearchParameter)
  )
  return closedObject({
    ...Object.fromEntries(read.map(([name, schema]) => [name, Type.Optional(schema)])),
    ...more
  })
}

/** Beside the other parameters, which have a schema of their own. */
export function searchNotes(version: LibertyVersion): string {
  const parameters = isReadIn(version, 'sort')
    ? ' `jobParameter.<name>=<value>` chooses by a job parameter of the newest execution.'
    : ''
  return `Parameters that this version does not know are overlooked.${parameters}`
}

/** Lists tell what they overlooked from v3 on. */
export function searchHeaders(version: LibertyVersion): Pick<Reply, 'headers'> {
  return isReadIn(version, 'sort')
    ? { headers: { 'X-IBM-Unrecognized-Fields': 'Query parameters that were overlooked.' } }
    : {}
}

export const Action = closedObject({
  action: Type.Unsafe<string>({ type: 'string', enum: ['stop', 'restart'] }),
  reusePreviousParams: Type.Optional(
    Type.Boolean({
      default: false,
      description: 'A restart keeps the job parameters of before; the new ones win.'
    })
  ),
  dryRun: Type.Optional(
    Type.Boolean({ default: false, description: 'Of a restart: tells what it would do, and does nothing.' })
  )
})

export const StoreOnly = {
  purgeJobStoreOnly: Type.Optional(Type.Boolean({ default: false, description: 'The job logs are left.' }))
}

const text = (...values: readonly string[]) => Type.Unsafe<string>({ type: 'string', enum: values })

export const ExecutionLogQuery = closedObject({
  type: Type.Optional(text('text', 'zip')),
  part: Type.Optional(Type.String({ description: 'One part of it, as the links name it.' }))
})

export const InstanceLogQuery = closedObject({ type: Type.Optional(text('text', 'zip')) })
