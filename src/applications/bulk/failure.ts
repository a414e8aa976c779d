// How the operations here say what went wrong; codes are S3's where it has one.
import type { BulkOutcome } from '../../batch/bulk-operation.ts'

export function failed(code: string, httpStatus: number, message: string): BulkOutcome {
  return { outcome: 'PermanentFailure', code, httpStatus, message }
}

/** What passes by itself: too many open files, a full disk that somebody empties, a share that is away. */
const PASSING = new Set([
  'EAGAIN',
  'EBUSY',
  'EMFILE',
  'ENFILE',
  'ENOSPC',
  'EDQUOT',
  'ETIMEDOUT',
  'EIO',
  'ESTALE'
])

/** An error of the file system, as an outcome; one without a code is a refusal of what operations may reach. */
export function fileFailure(error: unknown): BulkOutcome {
  const { code = 'EACCES', message } = error as NodeJS.ErrnoException
  switch (code) {
    case 'ENOENT':
    case 'ENOTDIR':
    case 'EISDIR':
      return failed('NoSuchKey', 404, message)
    case 'EACCES':
    case 'EPERM':
      return failed('AccessDenied', 403, message)
    case 'ENAMETOOLONG':
      return failed('KeyTooLongError', 400, message)
    case 'NoSuchBucket':
      return failed(code, 404, message)
    default:
      return {
        outcome: PASSING.has(code) ? 'TemporaryFailure' : 'PermanentFailure',
        code,
        httpStatus: 500,
        message
      }
  }
}
