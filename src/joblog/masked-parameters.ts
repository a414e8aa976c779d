// Without this every password given as a job parameter would stand in the log, in its header and in the resolved JSL.

const SECRET = /password|passwd|secret|token|credential|api[-_.]?key/i
const MASK = '********'

/** Whether a job parameter's name says that its value is nobody's business. */
export function isSecretName(name: string): boolean {
  return SECRET.test(name)
}

/** The same parameters, the values of secret names as `********`. */
export function maskedParameters(
  parameters: Readonly<Record<string, string>>
): Readonly<Record<string, string>> {
  return Object.fromEntries(
    Object.entries(parameters).map(([name, value]) => [name, isSecretName(name) ? MASK : value])
  )
}

/** A text in which parameters were substituted (XML or plain), without the values of the secret ones. */
export function withoutSecrets(text: string, parameters: Readonly<Record<string, string>>): string {
  const values = Object.entries(parameters)
    .filter(([name, value]) => isSecretName(name) && value !== '')
    .flatMap(([, value]) => spellings(value))
  // The longest first: one secret may be the beginning of another. In one pass: a short one may occur in the mask.
  values.sort((a, b) => b.length - a.length)
  if (values.length === 0) return text
  return text.replace(
    new RegExp(values.map(value => value.replace(/[\\^$.*+?()[\]{}|/-]/g, '\\$&')).join('|'), 'g'),
    MASK
  )
}

function spellings(value: string): string[] {
  const text = value.replaceAll('&', '&amp;').replaceAll('<', '&lt;')
  const quoted = text.replaceAll('>', '&gt;').replaceAll('"', '&quot;')
  return [
    value,
    text,
    text.replaceAll('>', '&gt;'),
    text.replaceAll('"', '&quot;'),
    quoted,
    quoted.replaceAll("'", '&apos;')
  ]
}
