// Settings of many values: limits by name, strings by name, and lists.
import path from 'node:path'

/** `{"job:NAME":1,"submitter:NAME":4}`; `of`: what may stand before the colon. */
export function limitsIn(
  key: string,
  given: string,
  of: readonly string[],
  problems: string[]
): Readonly<Record<string, number>> {
  const limits = objectIn(given)
  if (limits === null) {
    problems.push(`${key}: it is no JSON object of limits, e.g. {"job:nightly":1}`)
    return {}
  }
  for (const [name, limit] of Object.entries(limits)) {
    if (!of.some(kind => name.startsWith(`${kind}:`) && name.length > kind.length + 1))
      problems.push(`${key}: ${name} must begin with ${of.map(kind => `${kind}:`).join(' or ')}`)
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

/** `a,b`, or `["a","b"]` where a value has a comma or a blank at its end. */
export function listIn(
  key: string,
  given: string,
  of: 'path' | 'url' | 'name',
  workingDirectory: string,
  problems: string[]
): readonly string[] {
  const listed = given.trimStart().startsWith('[')
    ? stringsOf(given)
    : given.split(',').map(one => one.trim())
  if (listed === null) {
    problems.push(`${key}: it is neither a list parted by commas nor a JSON array of strings`)
    return []
  }
  const values = listed.filter(value => value !== '')
  if (of === 'url') for (const value of values) checkAllowedURL(key, value, problems)
  return Object.freeze(of === 'path' ? values.map(value => path.resolve(workingDirectory, value)) : values)
}

/** An entry that allowed less or more than it seems to is worse than none. */
function checkAllowedURL(key: string, given: string, problems: string[]): void {
  const url = URL.canParse(given) ? new URL(given) : null
  if (url === null || !/^https?:$/.test(url.protocol))
    problems.push(`${key}: ${given} is no http or https URL`)
  else if (url.username !== '' || url.password !== '' || /[?#*]/.test(given))
    problems.push(`${key}: ${url.origin}${url.pathname} may have a path, but no user, query, fragment or *`)
}

function stringsOf(text: string): readonly string[] | null {
  const given = valueIn(text)
  return Array.isArray(given) && given.every(one => typeof one === 'string') ? given : null
}

function objectIn(text: string): Record<string, unknown> | null {
  const given = valueIn(text)
  return typeof given === 'object' && given !== null && !Array.isArray(given)
    ? (given as Record<string, unknown>)
    : null
}

/** What is no JSON at all is told like JSON of another kind. */
function valueIn(text: string): unknown {
  try {
    return JSON.parse(text) as unknown
  } catch {
    return null
  }
}
