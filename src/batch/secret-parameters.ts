// Which job parameters hold secrets, and how they are shown: one rule for answers, filters, job logs and the server's log.

type Parameters = Readonly<Record<string, string>>

/** What stands in the place of a secret. */
export const MASK = '********'

/** What is in the name of a parameter that holds a secret: letters and digits in lower case, no separators. */
export const SECRET_WORDS: readonly string[] = [
  'password',
  'passwd',
  'passphrase',
  'pwd',
  'secret',
  'token',
  'credential',
  'apikey',
  'accesskey',
  'privatekey',
  'encryptionkey'
]

/** Before a word that is a whole name: a secret `pin` says nothing of `shipping`. */
const WHOLE = '='

/** The words, and names that are declared secret by themselves. */
export function secretWordsWith(words: readonly string[], names: readonly string[]): readonly string[] {
  return names.length === 0 ? words : [...words, ...names.map(name => `${WHOLE}${plain(name)}`)]
}

/** Whether a name says that its value is nobody's business; case, `-`, `_`, `.` and blanks do not count. */
export function isSecretName(name: string, words: readonly string[] = SECRET_WORDS): boolean {
  const found = plain(name)
  return words.some(word =>
    word.startsWith(WHOLE) ? found === word.slice(WHOLE.length) : found.includes(word)
  )
}

function plain(name: string): string {
  return name.toLowerCase().replaceAll(/[-_. ]/g, '')
}

/** The same parameters in the same order, the values of secret names masked. */
export function maskedParameters(
  parameters: Parameters,
  words: readonly string[] = SECRET_WORDS
): Parameters {
  return Object.fromEntries(
    Object.entries(parameters).map(([name, value]) => [name, isSecretName(name, words) ? MASK : value])
  )
}

/** The same parameters in the same order, the values of these names masked. */
export function withMasks(parameters: Parameters, names: readonly string[]): Parameters {
  return Object.fromEntries(
    Object.entries(parameters).map(([name, value]) => [name, names.includes(name) ? MASK : value])
  )
}

/**
 * What somebody gives back who was shown masks: a mask means the value as it was, where there was one. `before`: the
 * parameters that he saw masked.
 */
export function unmaskedParameters(
  given: Parameters,
  before: Parameters,
  words: readonly string[] = SECRET_WORDS
): Parameters {
  return Object.fromEntries(
    Object.entries(given).map(([name, value]) => [
      name,
      value === MASK && isSecretName(name, words) && Object.hasOwn(before, name) ? before[name]! : value
    ])
  )
}
