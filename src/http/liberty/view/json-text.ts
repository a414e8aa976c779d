// Without this answers would be one long line, or have a blank after each colon, and scripts that grep Liberty's would fail.

/** Liberty's spelling, sent as it is. */
export const JSON_TYPE = 'application/json; charset=UTF-8'

/** JSON as the product prints it: four blanks a level, nothing after a colon. Fields keep their order. */
export function jsonText(value: unknown): string {
  return `${printed(value, '\n')}\n`
}

/** An array as `jsonText` prints it, in pieces of some 64 KiB, each made when it is asked for: a long list is never one text. */
export function* jsonArrayPieces(members: Iterable<unknown>): Generator<string> {
  let piece = '['
  let separator = ''
  for (const member of members) {
    piece += `${separator}\n    ${printed(member, '\n    ')}`
    separator = ','
    if (piece.length < 65_536) continue
    yield piece
    piece = ''
  }
  yield `${piece}\n]\n`
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
