// What the routes of one version of the batch API are built with.
import type { FastifyRequest, FastifySchema } from 'fastify'
import type { JobOperator } from '../../operator/job-operator.ts'
import type { JobWhereabouts } from '../../operator/job-whereabouts.ts'
import type { AskServers } from '../../operator/other-servers.ts'
import type { CallerOf } from '../caller.ts'
import type { LibertyOperation } from './liberty-operation.ts'
import type { FormLimits } from './submit-form.ts'
import type { Calendar } from './time-range.ts'
import type { LibertyVersion } from './version.ts'
import type { ViewContext } from './view/view-context.ts'

export interface LibertyContext {
  readonly operator: JobOperator
  /** `null`: there are no other servers. */
  readonly whereabouts: JobWhereabouts | null
  /** Other servers in the name of who asks. */
  readonly others: (request: FastifyRequest) => AskServers
  readonly version: LibertyVersion
  readonly caller: CallerOf
  readonly view: (request: FastifyRequest) => ViewContext
  readonly limits: FormLimits
  /** What an operation of this version says of itself. */
  readonly schema: (operation: LibertyOperation) => FastifySchema
  /** Now, and where days begin in the server's time zone: what dates in a query mean. */
  readonly calendar: () => Calendar
}
