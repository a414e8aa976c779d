// How the description of the API shows what a submit or a restart is sent; submission.ts and job-action.ts read it.
import { Type, type TSchema } from 'typebox'
import { closedObject } from '../open-api/closed-object.ts'

const JobParameters = Type.Record(Type.String(), Type.String())

/** Further members are overlooked, as in the product. */
const Submission = Type.Object(
  {
    applicationName: Type.Optional(Type.String({ description: 'Or moduleName.' })),
    moduleName: Type.Optional(Type.String()),
    componentName: Type.Optional(Type.String()),
    jobXMLName: Type.Optional(
      Type.String({ description: 'Of a job definition of the application; or jobXML.' })
    ),
    jobXML: Type.Optional(Type.String({ description: 'JSL.' })),
    jobParameters: Type.Optional(JobParameters)
  },
  { title: 'JobSubmission' }
)

const Parameters = Type.Object(
  { jobParameters: Type.Optional(JobParameters) },
  { title: 'RestartParameters' }
)

interface Content {
  readonly content: Readonly<Record<string, { readonly schema: TSchema }>>
}

/** JSON is read whatever its Content-Type says; the parts of a form likewise. */
export const SubmitBody: Content = {
  content: {
    'application/json': { schema: Submission },
    'multipart/form-data': {
      schema: closedObject({ jobdata: Submission, jsl: Type.String({ description: 'JSL.' }) })
    }
  }
}

export const RestartBody: Content = { content: { 'application/json': { schema: Parameters } } }

export const SubmitHeaders = Type.Object({
  'Idempotency-Key': Type.Optional(
    Type.String({ maxLength: 255, description: 'A submit repeated with the same key is the same submit.' })
  )
})
