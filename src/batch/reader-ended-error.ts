// Says that a reader cannot go on at all: as any other error it could be skipped for ever, for each next read has it again.

/** Matches no class of an exception list, whatever the list says: it is never skipped, retried or kept without rollback. */
export class ReaderEndedError extends Error {
  override readonly name = 'ReaderEndedError'
}
