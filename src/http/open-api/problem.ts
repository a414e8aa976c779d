// The schema of an error reply, and which of them any operation may give: error-reply.ts writes them.
import { Type, type TSchema } from 'typebox'
import { BATCH_ERROR_CODES } from '../../batch/batch-error.ts'
import { closedObject } from './closed-object.ts'

export const PROBLEM_TYPE = 'application/problem+json'

const Errors = Type.Array(
  closedObject(
    {
      path: Type.String({
        description: 'Of a field: `when.rule.at`, `fields[0]`; or the name of a parameter.'
      }),
      message: Type.String()
    },
    { title: 'FieldProblem' }
  ),
  { description: 'Every field that is wrong.' }
)

export const JslProblems = Type.Array(
  closedObject(
    { line: Type.Integer({ minimum: 1 }), column: Type.Integer({ minimum: 1 }), message: Type.String() },
    { title: 'JslProblem' }
  ),
  { description: 'Every problem of a job definition, in its order.' }
)

const Problem = closedObject(
  {
    type: Type.String({ format: 'uri', description: '`urn:batchyard:error:` and the code.' }),
    title: Type.String(),
    status: Type.Integer({ minimum: 400, maximum: 599 }),
    detail: Type.String({ description: 'A sentence for people.' }),
    code: Type.Unsafe<string>({ type: 'string', enum: [...BATCH_ERROR_CODES], description: 'For programs.' }),
    message: Type.Optional(Type.String({ description: 'Of pipeline batches only: `detail` again.' })),
    problems: Type.Optional(JslProblems),
    errors: Type.Optional(Errors)
  },
  { title: 'Problem', description: 'Why a request was refused (RFC 9457).' }
)

/** What each status says of a request, wherever it comes from. */
const SAYS: Readonly<Record<number, string>> = {
  400: 'The request is malformed, or asks for what there cannot be.',
  401: 'Nobody has told who he is, or his roles do not allow this.',
  403: 'The credentials are wrong, or the request comes from a page of another site.',
  404: 'There is no such thing.',
  409: 'The state of the thing does not allow this.',
  410: 'What was asked for is not kept here any more.',
  412: 'The thing has changed since: read it again.',
  413: 'The request is too long.',
  415: 'A body of this type cannot be read.',
  421: 'The server takes no jobs in; the answer names servers that do.',
  428: 'A change must name the state it is based on (If-Match).',
  429: 'Too many logins failed from this address.',
  500: 'Something failed inside the server; its log says what.',
  502: 'Another server that was asked did not answer.',
  503: 'The server cannot do this at the moment.'
}

const HEADERS: Readonly<Record<number, Readonly<Record<string, object>>>> = {
  401: { 'WWW-Authenticate': { type: 'string', description: 'How to tell who asks.' } },
  413: { Connection: { type: 'string' } },
  429: { 'Retry-After': { type: 'integer', description: 'Seconds.' } },
  503: { 'Retry-After': { type: 'integer', description: 'Seconds.' } }
}

/** Refusals that every operation may answer with; those that ask who calls, with more. */
export const ALWAYS: readonly number[] = [400, 403, 500, 503]
export const WITH_CALLER: readonly number[] = [401, 429]
export const WITH_BODY: readonly number[] = [413, 415]

/** For Fastify's `schema.response`. */
export function refusal(status: number): TSchema {
  const description = SAYS[status]
  if (description === undefined) throw new Error(`nothing is said about the status ${status}`)
  return {
    description,
    ...(HEADERS[status] === undefined ? {} : { headers: HEADERS[status] }),
    content: { [PROBLEM_TYPE]: { schema: Problem } }
  } as TSchema
}
