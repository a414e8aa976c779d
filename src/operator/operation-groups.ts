// Which groups of callers reach a job beside its submitter. Liberty takes them from the executor that consumes the job; here
// the configuration names them, and they are stored with the instance at its submit: a restart changes nothing.

/** `configured`: groups with commas between, by `*`, `application:…` and `job:…`; all that fit count. */
export function operationGroupsOf(
  configured: Readonly<Record<string, string>>,
  application: string,
  jobName: string
): readonly string[] {
  const groups = ['*', `application:${application}`, `job:${jobName}`].flatMap(key =>
    Object.hasOwn(configured, key) ? configured[key]!.split(',').map(group => group.trim()) : []
  )
  return [...new Set(groups.filter(group => group !== ''))]
}
