// Without this file a start that fails would show an errno or a page of another program's output instead of one sentence that helps.

/** Why the embedded Postgres cannot be used: `message` is whole sentences for the person at the terminal; the caller prints it and exits 1. */
export class EmbeddedPostgresError extends Error {
  override readonly name = 'EmbeddedPostgresError'
}

const OTHERWISE = 'or use a database of your own: BATCH_DATABASE_URL=postgres://…'

const BY_ERRNO: Readonly<Record<string, string>> = {
  ENOSPC: 'the disk is full; free some space, set BATCH_DATA_DIR to another disk,',
  EDQUOT: 'the disk quota is used up; free some space, set BATCH_DATA_DIR to another disk,',
  EACCES: 'permission denied; give this user access to it, set BATCH_DATA_DIR to another directory,',
  EPERM: 'permission denied; give this user access to it, set BATCH_DATA_DIR to another directory,',
  EROFS: 'the file system is read-only; set BATCH_DATA_DIR to another directory,',
  ENOTDIR: 'a part of this path is a file, not a directory; set BATCH_DATA_DIR to another directory,',
  EMFILE: 'too many open files; raise the limit (ulimit -n)',
  ENFILE: 'too many open files on this machine; close some programs',
  ENAMETOOLONG: 'the path is too long; set BATCH_DATA_DIR to a shorter one,'
}

const BY_OUTPUT: readonly (readonly [RegExp, string])[] = [
  [
    /No space left on device|Check free disk space|wrote only \d+ of \d+/,
    'the disk is full; free some space, set BATCH_DATA_DIR to another disk,'
  ],
  [/Disk quota exceeded/, 'the disk quota is used up; free some space, set BATCH_DATA_DIR to another disk,'],
  [
    /could not look up effective user/,
    'this user id has no entry in /etc/passwd; run as a user that has one'
  ],
  [
    /error while loading shared libraries|Library not loaded/,
    'a system library is missing (see the end of this line); install it'
  ],
  [
    /Permission denied|Operation not permitted/,
    'permission denied; set BATCH_DATA_DIR to another directory,'
  ],
  [
    /Cannot allocate memory|could not (map|create).*shared memory/,
    'the machine has too little memory; free some'
  ]
]

/**
 * The error of a file operation as a sentence: what was tried, where, why not, what to do.
 * An EmbeddedPostgresError passes through unchanged.
 */
export function explainErrno(what: string, where: string, cause: unknown): EmbeddedPostgresError {
  if (cause instanceof EmbeddedPostgresError) return cause
  const { code, message, path } = cause as NodeJS.ErrnoException
  const known = code === undefined ? undefined : BY_ERRNO[code]
  const reason = known === undefined ? `${message};` : `${known}`
  return new EmbeddedPostgresError(`${what} failed at ${path ?? where}: ${reason} ${OTHERWISE}`, { cause })
}

/** The output of initdb or postgres as a sentence, its most telling line at the end. */
export function explainOutput(what: string, where: string, output: string): EmbeddedPostgresError {
  const lines = output.split('\n').filter(line => line.trim() !== '')
  const known = BY_OUTPUT.find(([pattern]) => pattern.test(output))
  const telling =
    lines.find(line => known?.[0].test(line)) ??
    lines.findLast(line => /FATAL|PANIC|error|could not/i.test(line)) ??
    lines.at(-1)
  const reason = known?.[1] ?? 'see the end of this line;'
  const said = telling?.trim() ?? 'it said nothing'
  return new EmbeddedPostgresError(`${what} failed at ${where}: ${reason} ${OTHERWISE} (${said})`)
}
