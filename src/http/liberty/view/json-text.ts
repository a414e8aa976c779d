// Without this answers would be one long line, or have a blank after each colon, and scripts that grep Liberty's would fail.

/** Liberty's spelling, sent as it is. */
export const JSON_TYPE = 'application/json; charset=UTF-8'

/** JSON as the product prints it: four blanks a level, nothing after a colon. Fields keep their order. */
export function jsonText(value: unknown): string {
  return `${printed(value, '\n')}\n`
}

function printed(value: unknown, lineBreak: string): string {
  if (typeof value !== 'object' || value === null) return JSON.stringify(value)
  const inner = `${lineBreak}    `
  const [open, close] = Array.isArray(value) ? ['[', ']'] : ['{', '}']
  let text = ''
  if (Array.isArray(value)) {
    for (const member of value) text += `${text === '' ? '' : ','}${inner}${printed(member, inner)}`
  } else {
    for (const [name, member] of Object.entries(value)) {
      text += `${text === '' ? '' : ','}${inner}${JSON.stringify(name)}:${printed(member, inner)}`
    }
  }
  return open + text + lineBreak + close
}
