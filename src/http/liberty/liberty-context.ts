// What the routes of one version of the batch API are built with.
import type { FastifyRequest, FastifySchema } from 'fastify'
import type { JobOperator } from '../../operator/job-operator.ts'
import type { CallerOf } from '../caller.ts'
import type { LibertyOperation } from './liberty-operation.ts'
import type { FormLimits } from './submit-form.ts'
import type { Calendar } from './time-range.ts'
import type { LibertyVersion } from './version.ts'
import type { ViewContext } from './view/view-context.ts'

export interface LibertyContext {
  readonly operator: JobOperator
  readonly version: LibertyVersion
  readonly caller: CallerOf
  readonly view: (request: FastifyRequest) => ViewContext
  readonly limits: FormLimits
  /** What an operation of this version says of itself. */
  readonly schema: (operation: LibertyOperation) => FastifySchema
  /** Now, and where days begin in the server's time zone: what dates in a query mean. */
  readonly calendar: () => Calendar
}
