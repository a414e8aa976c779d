// Settings that are JSON objects: limits by name, and strings by name.

/** `{"job:NAME":1,"submitter:NAME":4}` */
export function limitsIn(key: string, given: string, problems: string[]): Readonly<Record<string, number>> {
  const limits = objectIn(given)
  if (limits === null) {
    problems.push(`${key}: it is no JSON object of limits, e.g. {"job:nightly":1}`)
    return {}
  }
  for (const [name, limit] of Object.entries(limits)) {
    if (!/^(job|submitter):./.test(name)) problems.push(`${key}: ${name} must begin with job: or submitter:`)
    if (!Number.isSafeInteger(limit) || (limit as number) < 1)
      problems.push(`${key}: the limit of ${name} must be a whole number from 1`)
  }
  return Object.freeze(limits as Record<string, number>)
}

/** `{"name":"value"}` */
export function stringsIn(key: string, given: string, problems: string[]): Readonly<Record<string, string>> {
  const strings = objectIn(given)
  if (strings === null) {
    problems.push(`${key}: it is no JSON object of strings, e.g. {"region":"EU"}`)
    return {}
  }
  for (const [name, value] of Object.entries(strings))
    if (typeof value !== 'string') problems.push(`${key}: ${name} is no string`)
  return Object.freeze(strings as Record<string, string>)
}

function objectIn(text: string): Record<string, unknown> | null {
  try {
    const given: unknown = JSON.parse(text)
    return typeof given === 'object' && given !== null && !Array.isArray(given)
      ? (given as Record<string, unknown>)
      : null
  } catch {
    // What is no JSON at all is told like JSON of another kind.
    return null
  }
}
