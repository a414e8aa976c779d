// The strict half of XML reading: the parser behind xml.ts forgives nearly every broken quote, tag and entity; this does not.
import { shown } from './jsl-problem.ts'
import type { TextLines } from './text-lines.ts'

/** Elements within elements; JSL needs about eight, splits in flows in splits a few more. */
export const MAX_DEPTH = 64

/** Where the text stops being XML. Only the first such place is told: what follows a broken quote is guesswork. */
export class XmlFlaw extends Error {
  readonly offset: number

  constructor(offset: number, message: string) {
    super(message)
    this.offset = offset
  }
}

interface OpenTag {
  readonly name: string
  readonly offset: number
}

// XML 1.0 §2.3, Name; ":" is left to the namespaces in xml.ts.
const NAME_START =
  'A-Z_a-z:\\u00C0-\\u00D6\\u00D8-\\u00F6\\u00F8-\\u02FF\\u0370-\\u037D\\u037F-\\u1FFF\\u200C\\u200D\\u2070-\\u218F\\u2C00-\\u2FEF\\u3001-\\uD7FF\\uF900-\\uFDCF\\uFDF0-\\uFFFD\\u{10000}-\\u{EFFFF}'
const NAME = new RegExp(`[${NAME_START}][${NAME_START}\\-.0-9\\u00B7\\u0300-\\u036F\\u203F\\u2040]*`, 'uy')
const SPACE = /[ \t\r\n]*/y
const NOT_A_CHARACTER = /[^\t\n\r\u0020-\uD7FF\uE000-\uFFFD\u{10000}-\u{10FFFF}]/u
const REFERENCE = /&(?:lt|gt|amp|quot|apos|#0*([0-9]{1,7})|#x0*([0-9A-Fa-f]{1,6}));/y
const DECLARATION =
  /^<\?xml[ \t\r\n]+version[ \t\r\n]*=[ \t\r\n]*["']1\.[0-9]["'](?:[ \t\r\n]+(?:encoding|standalone)[ \t\r\n]*=[ \t\r\n]*["'][A-Za-z0-9._-]+["']){0,2}[ \t\r\n]*\?>$/
// The parser behind xml.ts throws at these, without a position; no JSL element or attribute is called so.
const RESERVED = new Set(['__proto__', 'constructor', 'prototype'])

/**
 * Checks that a text is one well-formed XML element with nothing that JSL forbids: no document type, no entity beyond the
 * five predefined ones and character references, at most `MAX_DEPTH` levels. Linear time. Answers where processing
 * instructions stand, from and to: they are some editor's, and mean nothing here.
 *
 * @throws {XmlFlaw} at the first offence
 */
export function checkWellFormed(text: string, lines: TextLines): readonly (readonly [number, number])[] {
  const bad = NOT_A_CHARACTER.exec(text)
  if (bad !== null) {
    const code = (bad[0].codePointAt(0) ?? 0).toString(16).toUpperCase().padStart(4, '0')
    throw new XmlFlaw(bad.index, `the character U+${code} is not allowed in XML; remove it`)
  }
  const instructions: [number, number][] = []
  const open: OpenTag[] = []
  let rootSeen = false
  let at = /^<\?xml[ \t\r\n?]/.test(text) ? skipDeclaration(text) : 0
  for (;;) {
    const next = text.indexOf('<', at)
    checkText(text, at, next === -1 ? text.length : next, open.length > 0)
    if (next === -1) break
    at = next
    if (text.startsWith('</', at)) {
      at = closeTag(text, at, open, lines)
    } else if (text.startsWith('<!', at)) {
      at = skipCommentOrData(text, at, open.length > 0)
    } else if (text.startsWith('<?', at)) {
      const end = instructionEnd(text, at)
      instructions.push([at, end])
      at = end
    } else {
      const tag = scanStartTag(text, at)
      if (open.length === 0 && rootSeen) throw new XmlFlaw(at, 'a second root element; a JSL is one <job>')
      if (open.length >= MAX_DEPTH) throw new XmlFlaw(at, `more than ${MAX_DEPTH} elements within each other`)
      rootSeen = true
      if (!tag.empty) open.push({ name: tag.name, offset: at })
      at = tag.end
    }
  }
  const unclosed = open.at(-1)
  if (unclosed !== undefined) {
    throw new XmlFlaw(
      unclosed.offset,
      `<${cut(unclosed.name)}> is never closed; write </${cut(unclosed.name)}>`
    )
  }
  if (!rootSeen) throw new XmlFlaw(text.length, 'there is no element; a JSL is one <job>')
  return instructions
}

/** XML 1.0 §2.6. */
function instructionEnd(text: string, start: number): number {
  const target = nameAt(text, start + 2)
  if (target?.toLowerCase() === 'xml') {
    const message =
      'the XML declaration must be the very first thing in the text; remove what stands before it'
    throw new XmlFlaw(start, message)
  }
  const after = start + 2 + (target?.length ?? 0)
  const end = text.indexOf('?>', after)
  if (target === null || end === -1 || (end > after && skipSpace(text, after) === after))
    throw new XmlFlaw(start, 'a "<?" that begins no processing instruction, or is never closed by "?>"')
  return end + 2
}

function scanStartTag(text: string, start: number): { name: string; end: number; empty: boolean } {
  const name = nameAt(text, start + 1)
  if (name === null)
    throw new XmlFlaw(start, 'a "<" that begins no tag; write &lt; if the character is meant')
  refuseReserved(name, start + 1)
  const names = new Set<string>()
  let at = start + 1 + name.length
  let after = `"<${cut(name)}"`
  for (;;) {
    const from = at
    at = skipSpace(text, at)
    if (text[at] === '>') return { name, end: at + 1, empty: false }
    if (text.startsWith('/>', at)) return { name, end: at + 2, empty: true }
    if (at >= text.length) throw new XmlFlaw(start, `the tag <${cut(name)}> is never closed by ">"`)
    const attribute = nameAt(text, at)
    if (attribute === null || at === from) {
      throw new XmlFlaw(
        at,
        `after ${after} a space and an attribute, "/>" or ">" must follow, not ${shown(text.slice(at, at + 12))}`
      )
    }
    refuseReserved(attribute, at)
    if (names.has(attribute)) throw new XmlFlaw(at, `attribute ${shown(attribute)} is given twice; keep one`)
    names.add(attribute)
    at = scanValue(text, at, attribute)
    after = `the value of attribute ${shown(attribute)}`
  }
}

function scanValue(text: string, nameStart: number, name: string): number {
  const equals = skipSpace(text, nameStart + name.length)
  if (text[equals] !== '=')
    throw new XmlFlaw(nameStart, `attribute ${shown(name)} has no value; write ${cut(name)}="…"`)
  const start = skipSpace(text, equals + 1)
  const quote = text[start]
  if (quote !== '"' && quote !== "'")
    throw new XmlFlaw(start, `the value of attribute ${shown(name)} must stand in quotes`)
  const end = text.indexOf(quote, start + 1)
  const close = end === -1 ? text.length : end
  const less = text.slice(start, close).indexOf('<')
  if (end === -1 || less !== -1) {
    throw new XmlFlaw(
      start,
      `the value of attribute ${shown(name)} has no closing quote (a "<" in a value is written &lt;)`
    )
  }
  checkReferences(text, start + 1, end)
  return end + 1
}

function closeTag(text: string, start: number, open: OpenTag[], lines: TextLines): number {
  const name = nameAt(text, start + 2) ?? ''
  const end = skipSpace(text, start + 2 + name.length)
  if (name === '' || text[end] !== '>') throw new XmlFlaw(start, 'a closing tag must be </name>')
  const opened = open.pop()
  if (opened === undefined) throw new XmlFlaw(start, `</${cut(name)}> closes nothing`)
  if (opened.name !== name) {
    const line = lines.at(opened.offset).line
    throw new XmlFlaw(
      start,
      `</${cut(name)}> stands where </${cut(opened.name)}> is expected (opened in line ${line})`
    )
  }
  return end + 1
}

function skipCommentOrData(text: string, start: number, inside: boolean): number {
  if (text.startsWith('<!--', start)) {
    const end = text.indexOf('--', start + 4)
    if (end === -1) throw new XmlFlaw(start, 'the comment is never closed by "-->"')
    if (text[end + 2] !== '>') throw new XmlFlaw(end, '"--" is not allowed inside a comment')
    return end + 3
  }
  if (text.startsWith('<![CDATA[', start)) {
    const end = text.indexOf(']]>', start + 9)
    if (end === -1) throw new XmlFlaw(start, 'the CDATA section is never closed by "]]>"')
    if (!inside) throw new XmlFlaw(start, 'there is text outside of the root element; remove it')
    return end + 3
  }
  if (text.startsWith('<!DOCTYPE', start)) {
    throw new XmlFlaw(start, 'a document type (<!DOCTYPE) is not allowed in JSL; remove it')
  }
  throw new XmlFlaw(start, 'a "<!" that begins neither a comment nor a CDATA section')
}

function skipDeclaration(text: string): number {
  const end = text.indexOf('?>')
  if (end === -1) throw new XmlFlaw(0, 'the XML declaration is never closed by "?>"')
  const declaration = text.slice(0, Math.min(end + 2, 1024))
  if (!DECLARATION.test(declaration)) {
    throw new XmlFlaw(0, 'the XML declaration must read <?xml version="1.0" encoding="UTF-8"?>')
  }
  return end + 2
}

function checkText(text: string, from: number, to: number, inside: boolean): void {
  const first = skipSpace(text, from)
  if (first >= to) return
  if (!inside)
    throw new XmlFlaw(
      first,
      `there is text outside of the root element: ${shown(text.slice(first, Math.min(to, first + 80)))}`
    )
  checkReferences(text, first, to)
}

function checkReferences(text: string, from: number, to: number): void {
  const piece = text.slice(from, to)
  for (let at = piece.indexOf('&'); at !== -1; at = piece.indexOf('&', at + 1)) {
    REFERENCE.lastIndex = at
    const found = REFERENCE.exec(piece)
    if (found === null) {
      throw new XmlFlaw(
        from + at,
        'an "&" that begins none of &lt; &gt; &amp; &quot; &apos; or &#number; (write &amp; for the character)'
      )
    }
    const code =
      found[1] !== undefined ? Number(found[1]) : found[2] !== undefined ? Number.parseInt(found[2], 16) : 32
    if (code > 0x10ffff || NOT_A_CHARACTER.test(String.fromCodePoint(code))) {
      throw new XmlFlaw(from + at, `${found[0]} is not a character that XML allows`)
    }
  }
}

function nameAt(text: string, at: number): string | null {
  NAME.lastIndex = at
  return NAME.exec(text)?.[0] ?? null
}

function skipSpace(text: string, at: number): number {
  SPACE.lastIndex = at
  SPACE.exec(text)
  return SPACE.lastIndex
}

function refuseReserved(name: string, at: number): void {
  if (RESERVED.has(name)) throw new XmlFlaw(at, `the name ${shown(name)} is not allowed in JSL`)
}

function cut(name: string): string {
  return shown(name).slice(1, -1)
}
