// Properties that are lists, choices or single signs; without it each reader and writer would read `a,b` in its own way.
import type { Properties } from './artifact-properties.ts'

/** `a, b`, or `["a","b"]` where a name has a comma or a blank; `null` when absent. @throws Error for an empty or doubled name */
export function namesOf(properties: Properties, name: string): readonly string[] | null {
  const given = properties[name]
  if (given === undefined) return null
  const names = given.trimStart().startsWith('[')
    ? stringsIn(given, name)
    : given.split(',').map(one => one.trim())
  const doubled = names.find((one, index) => names.indexOf(one) !== index)
  if (names.length === 0 || names.includes('')) throw new Error(`The property ${name} has an empty name.`)
  if (doubled !== undefined) throw new Error(`The property ${name} has ${doubled} twice.`)
  return names
}

/** Values of any JSON kind, or texts parted by commas. @throws Error for what begins like JSON and is none */
export function valuesOf(properties: Properties, name: string): readonly unknown[] {
  const given = properties[name]
  if (given === undefined) return []
  if (!given.trimStart().startsWith('[')) return given.split(',').map(one => one.trim())
  return arrayIn(given, name)
}

/** @throws Error naming the choices */
export function choiceOf<Choice extends string>(
  properties: Properties,
  name: string,
  choices: readonly [Choice, ...Choice[]]
): Choice {
  const given = properties[name]?.trim()
  if (given === undefined) return choices[0]
  const choice = choices.find(one => one === given)
  if (choice === undefined)
    throw new Error(`The property ${name} must be ${choices.join(' or ')}, not ${given.slice(0, 100)}.`)
  return choice
}

/** A sign or a few, `\t` for a tab. @throws Error for more than four signs or a line end */
export function signOf(properties: Properties, name: string, absent: string): string {
  const given = properties[name]
  if (given === undefined) return absent
  const sign = given.replaceAll('\\t', '\t')
  if (sign.length > 4 || /[\r\n]/.test(sign))
    throw new Error(`The property ${name} must be one to four characters without line ends.`)
  return sign
}

/** What Node and csv-parse know as text of one byte, or of UTF-8. @throws Error for any other encoding */
export function encodingOf(properties: Properties): 'utf8' | 'latin1' {
  const given = properties['encoding']?.trim() ?? 'utf-8'
  if (/^utf-?8$/i.test(given)) return 'utf8'
  if (/^(latin-?1|iso-8859-1|(us-)?ascii)$/i.test(given)) return 'latin1'
  throw new Error(`The property encoding must be utf-8 or latin1, not ${given.slice(0, 100)}.`)
}

function stringsIn(text: string, name: string): readonly string[] {
  const list = arrayIn(text, name)
  if (list.every(one => typeof one === 'string')) return list
  throw new Error(`The property ${name} must be names parted by commas, or a JSON array of strings.`)
}

function arrayIn(text: string, name: string): readonly unknown[] {
  try {
    return JSON.parse(text) as unknown[]
  } catch (cause) {
    throw new Error(`The property ${name} begins with [ and is no JSON array.`, { cause })
  }
}
