// Reads the properties of a built-in artifact; without it a mistyped name or number would be ignored, and the default used.

export type Properties = Readonly<Record<string, string | undefined>>

/** @throws Error for a name that the artifact does not know */
export function checkNames(ref: string, properties: Properties, known: readonly string[]): void {
  const unknown = Object.keys(properties).filter(name => !known.includes(name))
  if (unknown.length > 0)
    throw new Error(`${ref} has no property ${unknown.join(', ')}; its properties are ${known.join(', ')}.`)
}

/** @throws Error when it is absent */
export function textOf(properties: Properties, name: string): string {
  const given = properties[name]
  if (given === undefined) throw new Error(`The property ${name} is missing.`)
  return given
}

/** @throws Error for what is no whole number in the range */
export function numberOf<Absent extends number | null>(
  properties: Properties,
  name: string,
  { min, max, absent }: { readonly min: number; readonly max: number; readonly absent: Absent }
): number | Absent {
  const given = properties[name]?.trim()
  if (given === undefined) return absent
  const number = /^\d{1,15}$/.test(given) ? Number(given) : NaN
  if (!(number >= min && number <= max))
    throw new Error(`The property ${name} must be a whole number from ${min} to ${max}, not ${shown(given)}.`)
  return number
}

/** @throws Error for anything but `true` and `false` */
export function flagOf<Absent extends boolean | null>(
  properties: Properties,
  name: string,
  absent: Absent
): boolean | Absent {
  const given = properties[name]?.trim()
  if (given === undefined) return absent
  if (given !== 'true' && given !== 'false')
    throw new Error(`The property ${name} must be true or false, not ${shown(given)}.`)
  return given === 'true'
}

/** A JSON object of texts, by default none; its values may be secrets and are in no message. @throws Error */
export function textsOf(properties: Properties, name: string): Readonly<Record<string, string>> {
  const given = properties[name]
  if (given === undefined) return {}
  const object = jsonIn(name, given)
  const texts = typeof object === 'object' && object !== null && !Array.isArray(object) ? object : null
  if (texts === null || !Object.values(texts).every(value => typeof value === 'string'))
    throw new Error(`The property ${name} must be a JSON object of strings, e.g. {"name":"value"}.`)
  return texts as Record<string, string>
}

/** A JSON array of texts, by default empty. @throws Error */
export function listOf(properties: Properties, name: string): readonly string[] {
  const given = properties[name]
  if (given === undefined) return []
  const list = jsonIn(name, given)
  if (!Array.isArray(list) || !list.every(value => typeof value === 'string'))
    throw new Error(`The property ${name} must be a JSON array of strings, e.g. ["--all"].`)
  return list
}

function jsonIn(name: string, text: string): unknown {
  try {
    return JSON.parse(text) as unknown
  } catch {
    // The parser's message repeats the text, which may have a password in it.
    throw new Error(`The property ${name} is no JSON.`)
  }
}

function shown(text: string): string {
  return text.length > 100 ? `${text.slice(0, 100).toWellFormed()}…` : text
}
