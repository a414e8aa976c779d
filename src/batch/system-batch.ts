// The batches that the server brings along, by their codes (document 004): definitions, schedules and tasks of one are called alike.

export const SYSTEM_BATCHES = [
  'BATCH_NETTOYAGE',
  'BATCH_DESTRUCT_HISTO',
  'BATCH_ARCHIVAGE',
  'BATCH_DESTRUCT_LOGS',
  'BATCH_APP_EN_MAINT',
  'BATCH_APP_EN_SERVICE',
  'BATCH_VACUUM'
] as const

export type SystemBatch = (typeof SYSTEM_BATCHES)[number]

/** Not scheduled: a run of it executes one purge plan. */
export const PURGE_PLAN_BATCH = 'BATCH_PURGE_PLAN'

/** Everything a run of the server's own can be asked to do. */
export type SystemTaskName = SystemBatch | typeof PURGE_PLAN_BATCH

export function isSystemTask(text: string): text is SystemTaskName {
  return text === PURGE_PLAN_BATCH || (SYSTEM_BATCHES as readonly string[]).includes(text)
}

/** The application whose runs they are; it is in no applications directory. */
export const SYSTEM_APPLICATION = 'Batchyard'

/** The artifact that hands a task of theirs to the server. */
export const SYSTEM_BATCHLET = 'systemBatchlet'

/** What a run of one asks of the server: its properties, as the JSL has them. */
export type SystemTask = Readonly<Record<string, string>>
