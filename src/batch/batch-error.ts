// The catalogue of refusals: what a caller can act on. Codes are JSR-352's exception names without "Exception" where it
// has one; http/ maps each code to a status and docs/errors.md explains each (a test compares).

/** `%s` are filled from the arguments, in order. Message ids are Liberty's where it has one. */
const MESSAGES = {
  NoSuchJobInstance: 'CWWKY0151E: There is no job instance %s.',
  NoSuchJobExecution: 'There is no job execution %s.',
  NoSuchExecutionNumber: 'Job instance %s has no job execution number %s.',
  NoSuchStepExecution: 'There is no step execution %s.',
  NoSuchStep: 'Job execution %s has no step execution named %s.',
  NoSuchJobLogPart: 'Job execution %s has no job log part %s.',
  NoSuchBulkJob: 'There is no bulk job %s, or none that can still be changed in this way.',
  NoSuchManifest: 'There is no manifest %s.',
  NoSuchBulkReport: 'There is no report of bulk job %s (yet).',
  NoSuchDefinition: 'There is no job definition %s.',
  NoSuchDefinitionVersion: 'Job definition %s has no version %s.',
  NoSuchBatch: 'Pipeline %s has no batch %s.',
  NoSuchHold: 'Job instance %s is not held.',
  NoSuchPurgePlan: 'There is no purge plan %s.',
  NoSuchSchedule: 'There is no schedule %s.',
  NoSuchResource: 'There is nothing at %s.',
  JobExecutionNotRunning: 'Job execution %s has batch status %s and is not running.',
  JobExecutionAlreadyComplete: 'Job execution %s is COMPLETED; only FAILED or STOPPED executions restart.',
  JobExecutionNotMostRecent:
    'Job execution %s is not the most recent one of job instance %s; restart the instance instead.',
  JobExecutionIsRunning: 'Job execution %s has batch status %s; stop it first.',
  JobExecutionNotPaused: 'Job execution %s has batch status %s and is not paused.',
  JobExecutionNotWaiting: 'Job execution %s has batch status %s and does not wait to begin.',
  JobInstancePurging: 'Job instance %s is being purged.',
  JobRestart: 'Job instance %s cannot be restarted: %s.',
  JobNotPurgeable: 'Job instance %s cannot be purged: %s.',
  InstanceHeld: 'Job instance %s is held by %s and stays as it is: %s.',
  PurgePlanState: 'Purge plan %s cannot be executed: %s.',
  BulkJobState: 'Bulk job %s is %s: %s.',
  JobLogsNotDeleted: 'Not all job logs of job instance %s could be deleted, so its entries stay: %s.',
  JobLogsElsewhere:
    'Job logs of job execution %s lie with server %s, which is gone or has no address of its own, and cannot be seen from here.',
  ServerUnreachable: 'Server %s (%s) has what was asked for, and did not give it: %s.',
  JslInvalid: 'The job definition (JSL) is not valid (line:column): %s',
  ApplicationUnknown: 'There is no application %s; known are: %s.',
  NoExecutor:
    'No server that lives runs jobs of application %s for their operation groups (%s); see BATCH_EXECUTOR_OPERATION_GROUPS.',
  JobXMLUnknown: 'Application %s has no job definition %s in its batch-jobs folder; it has: %s.',
  JobXMLNameInvalid: 'jobXMLName must be the name of a file in batch-jobs without .xml, not a path: %s.',
  ParameterMissing: '%s',
  ParameterInvalid: '%s: %s',
  ValueTooLong: '%s is %s long; at most %s %s are accepted.',
  TextInvalid: '%s contains %s, which PostgreSQL cannot store.',
  BodyInvalid: 'The request body cannot be read: %s',
  BodyTooLarge: '%s is too long; at most %s bytes are accepted.',
  MediaTypeUnsupported: 'A body of type %s cannot be read.',
  RequestInvalid: 'The request cannot be understood: %s',
  DefinitionExists: 'There is a job definition %s already.',
  DefinitionInUse: 'Job definition %s cannot be deleted: %s.',
  ScheduleExists: 'There is a schedule %s already.',
  ScheduleActive: 'Schedule %s is Active: deactivate it first.',
  ScheduleOverlap: 'Schedule %s has a run in progress (job instance %s), and it does not overlap.',
  PartOfServer: '%s is part of the server: it can neither be deleted nor replaced.',
  PreconditionMissing: 'A change of %s must name the state it is based on: send If-Match with its ETag.',
  PreconditionFailed: '%s has changed since: read it again.',
  MaintenanceMode: 'The server is in maintenance and starts nothing: try again later.',
  ActionInvalid: 'Only action=stop and action=restart are supported, not %s.',
  MethodNotAllowed: '%s is not supported on %s; supported: %s.',
  RequestForbidden: 'The request was refused: %s.',
  CredentialsMissing: 'Who are you? Send credentials as the WWW-Authenticate header says.',
  CredentialsWrong: 'The login failed: %s.',
  LoginsSlowedDown: 'Too many logins failed; the next one is looked at in %s s.',
  LoginUnavailable: 'Credentials cannot be checked at the moment: %s; try again later.',
  InstanceNotAuthorized: 'CWWKY0302W: User %s is not authorized to do this with job instance %s.',
  RoleMissing: 'CWWKY0303W: User %s is not authorized to do this, which needs %s.',
  SubmitNotAuthorized: 'CWWKY0304W: User %s is not authorized to submit jobs.',
  IdempotencyKeyReused:
    'Idempotency-Key %s was used for another submit (job instance %s); use a new key for a new submit.',
  ClientRequestTokenReused:
    'clientRequestToken %s was used for bulk job %s, which is another one; use a new token for a new job.',
  IdempotencyKeyPurged: 'Idempotency-Key %s made job instance %s, which was purged; use a new key.',
  NotDispatcher: 'This server only runs jobs (BATCH_ROLE=executor) and takes none in. Ask one that does: %s.',
  ServerStopping: 'The server is shutting down; try another one or again later.',
  DatabaseAway: 'The database cannot be reached at the moment; try again later.',
  StatementTimeout: 'The database did not answer within %s s; try again later or narrow the request.',
  Internal: 'Something failed inside the server; its log says what, at request %s.'
} as const

export type BatchErrorCode = keyof typeof MESSAGES

export const BATCH_ERROR_CODES = Object.keys(MESSAGES) as readonly BatchErrorCode[]

/** A refusal: nothing was changed, and the message says what, where and what to do. */
export class BatchError extends Error {
  readonly code: BatchErrorCode
  /** What its message was filled with. */
  readonly args: readonly (string | number)[]
  /** Further facts for machines, e.g. `problems` of a JSL. */
  readonly details: Readonly<Record<string, unknown>>

  constructor(
    code: BatchErrorCode,
    args: readonly (string | number)[] = [],
    options: ErrorOptions & { details?: Readonly<Record<string, unknown>> } = {}
  ) {
    let next = 0
    super(
      MESSAGES[code].replaceAll('%s', () => String(args[next++])),
      options
    )
    this.name = 'BatchError'
    this.code = code
    this.args = args
    this.details = options.details ?? {}
  }
}
