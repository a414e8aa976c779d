// A URL as it may stand in the server's log: a filter on a job parameter, or a token in a query, would leave its secret there.
import { isSecretName, MASK } from '../batch/secret-parameters.ts'

/** Values of names that look secret are masked, whatever their spelling; so is a user in an absolute URL. */
export function loggableUrl(url: string): string {
  const [path, query] = splitAt(url.replace(/^(https?:\/\/)[^/?#]*@/i, `$1${MASK}@`), '?')
  if (query === undefined) return path
  const shown = query.split('&').map(pair => {
    const [name, value] = splitAt(pair, '=')
    return value !== undefined && isSecretName(decoded(name)) ? `${name}=${MASK}` : pair
  })
  return `${path}?${shown.join('&')}`
}

function splitAt(text: string, mark: string): [string, string | undefined] {
  const at = text.indexOf(mark)
  return at === -1 ? [text, undefined] : [text.slice(0, at), text.slice(at + 1)]
}

function decoded(name: string): string {
  try {
    return decodeURIComponent(name.replaceAll('+', ' '))
  } catch {
    // Nobody can read it as a name; and nobody else will.
    return name
  }
}
