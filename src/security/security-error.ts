// Without this an administrator's slip in a users file or a certificate would end a start with a stack trace.

/** What an administrator can mend; its message is one sentence that says where and how. */
export class SecurityError extends Error {
  override readonly name = 'SecurityError'
}
