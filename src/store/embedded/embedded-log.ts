// Without this file every part of the embedded database would have its own idea of a log.

/** Where sentences for the operator go; a pino logger is one. */
export interface EmbeddedLog {
  info(message: string): void
  warn(message: string): void
}
