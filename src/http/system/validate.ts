// `POST /api/v1/validate`: a JSL, as XML or within JSON, and all that is wrong with it.
import { Type, type Static } from 'typebox'
import { BatchError } from '../../batch/batch-error.ts'
import { fieldsInvalid } from '../../batch/field-problem.ts'
import type { JslToValidate } from '../../operator/validate-jsl.ts'
import type { HttpApp } from '../http-app.ts'
import { closedObject } from '../open-api/closed-object.ts'
import { TextOrNull } from '../open-api/words.ts'
import { utf8 } from '../request-body.ts'
import { refuseUnstorable } from '../storable-text.ts'
import type { SystemContext } from './system.ts'
import { systemSchema } from './system-operation.ts'

const Application = Type.String({
  minLength: 1,
  description: 'Whose artifacts the `ref`s name; without it they are not looked for.'
})

const Query = closedObject({ application: Type.Optional(Application) })

const Question = closedObject(
  {
    jsl: Type.String(),
    application: Type.Optional(Type.Union([Application, Type.Null()])),
    jobParameters: Type.Optional(
      Type.Union([Type.Record(Type.String(), Type.String()), Type.Null()], {
        description: 'Without them, what is wrong only for want of a value is a warning.'
      })
    )
  },
  { title: 'JslToValidate' }
)
type Question = Static<typeof Question>

const Verdict = closedObject(
  {
    valid: Type.Boolean({ description: 'A submit would accept it.' }),
    jobName: TextOrNull,
    steps: Type.Array(Type.String()),
    problems: Type.Array(
      closedObject({
        line: Type.Integer({ minimum: 1 }),
        column: Type.Integer({ minimum: 1 }),
        message: Type.String(),
        severity: Type.Unsafe<'error' | 'warning'>({ type: 'string', enum: ['error', 'warning'] })
      })
    )
  },
  { title: 'JslVerdict' }
)

const XML_TYPES = ['application/xml', 'text/xml']

/** To be registered: XML is read here and nowhere else. */
export async function validate(app: HttpApp, { operator, caller, jslLimit }: SystemContext): Promise<void> {
  app.addContentTypeParser(XML_TYPES, { parseAs: 'buffer', bodyLimit: jslLimit }, (_request, body, done) => {
    try {
      done(null, utf8(body as Buffer, 'it'))
    } catch (error) {
      done(error as Error)
    }
  })
  const xml = { schema: Type.String({ description: 'The JSL itself, in UTF-8.' }) }
  const schema = systemSchema({
    id: 'validateJsl',
    tag: 'applications',
    summary: 'All that is wrong with a job definition, without submitting it',
    query: Query,
    body: {
      content: {
        'application/json': { schema: Question },
        ...Object.fromEntries(XML_TYPES.map(type => [type, xml]))
      }
    },
    replies: {
      200: {
        description: 'Its problems, in document order; none is an error where it is valid.',
        json: Verdict
      }
    }
  })
  app.post<{ Querystring: Static<typeof Query>; Body: Question | string | undefined }>(
    '/validate',
    { schema },
    async request => {
      const { valid, jobName, steps, problems } = await operator.validateJsl(
        questionOf(request.body, request.query.application ?? null),
        caller(request)
      )
      return { valid, jobName, steps, problems }
    }
  )
}

function questionOf(body: Question | string | undefined, asked: string | null): JslToValidate {
  if (typeof body === 'string') return { jsl: body, application: asked, jobParameters: null }
  if (body === undefined || body === null)
    throw new BatchError('BodyInvalid', ['it is empty; a JSL is expected, as XML or in JSON.'])
  const { jsl, application = null, jobParameters = null } = body
  if (asked !== null && application !== null && asked !== application)
    throw fieldsInvalid([{ path: 'application', message: 'is another one in the query than in the body' }])
  // Of the JSL itself it is one of the problems.
  refuseUnstorable({ application, jobParameters }, 'body')
  return { jsl, application: application ?? asked, jobParameters }
}
