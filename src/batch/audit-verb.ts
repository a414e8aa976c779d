// What the audit tells of: without one list, docs/audit.md and those who search would each guess how a deed is called.

/** `noun.verb` → what was done. A refused request leaves nothing. */
export const AUDIT_VERBS = {
  'instance.submit': 'A job was submitted.',
  'instance.stop': 'The newest execution of a job instance was asked to stop, or never began.',
  'instance.restart': 'A job instance got its next execution.',
  'instance.purge': 'A job instance was deleted from the job repository.',
  'instance.hold': 'A job instance was protected from every purge.',
  'instance.release': 'The protection of a job instance was lifted.',
  'purge-plan.create': 'A purge of many was planned.',
  'purge-plan.execute': 'A planned purge was begun.',
  'joblog.delete': 'The job logs of a job instance were deleted.',
  'execution.abandon': 'A job execution was given up: it does not restart.',
  'execution.force-end': 'A job execution was ended at once, whoever ran it.',
  'execution.pause': 'A job execution was asked to wait, from its next checkpoint on.',
  'execution.unpause': 'A paused job execution was let go on.',
  'execution.priority': 'A job execution that waited got another priority.',
  'definition.create': 'A job definition was registered.',
  'definition.version': 'A job definition got its next version.',
  'definition.update': 'A job definition got another description.',
  'definition.delete': 'A job definition was deleted.',
  'schedule.create': 'A schedule was created.',
  'schedule.update': 'A schedule was edited.',
  'schedule.delete': 'A schedule was deleted.',
  'schedule.activate': 'A schedule was made Active.',
  'schedule.deactivate': 'A schedule was made InActive.',
  'maintenance.on': 'The server was put into maintenance.',
  'maintenance.off': 'The server was put back into service.',
  'manifest.create': 'A manifest for bulk jobs was stored.',
  'job.create': 'A bulk job was created.',
  'job.tag': 'A bulk job got other tags, or none.',
  'job.priority': 'A bulk job got another priority.',
  'job.confirm': 'A bulk job that waited for its confirmation got it.',
  'job.cancel': 'A bulk job was cancelled.'
} as const

export type AuditVerb = keyof typeof AUDIT_VERBS
