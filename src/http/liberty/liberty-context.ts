// What the routes of one version of the batch API are built with.
import type { FastifyRequest } from 'fastify'
import type { JobOperator } from '../../operator/job-operator.ts'
import type { CallerOf } from '../caller.ts'
import type { FormLimits } from './submit-form.ts'
import type { LibertyVersion } from './version.ts'
import type { ViewContext } from './view/view-context.ts'

export interface LibertyContext {
  readonly operator: JobOperator
  readonly version: LibertyVersion
  readonly caller: CallerOf
  readonly view: (request: FastifyRequest) => ViewContext
  readonly limits: FormLimits
}
